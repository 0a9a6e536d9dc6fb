mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name = "demo"
  cidr = "10.0.0.0/16"
  subnets = {
    private-a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.10.0/24" }
  }
}

run "an_empty_name" {
  command = plan
  variables { name = "" }
  expect_failures = [var.name]
}

run "a_vpc_block_with_host_bits" {
  command = plan
  variables { cidr = "10.0.0.5/16" }
  expect_failures = [var.cidr]
}

run "a_vpc_block_larger_than_aws_allows" {
  command = plan
  variables { cidr = "10.0.0.0/8" }
  expect_failures = [var.cidr]
}

run "no_subnet" {
  command = plan
  variables { subnets = {} }
  expect_failures = [var.subnets]
}

run "an_empty_subnet_name" {
  command = plan
  variables {
    subnets = { "" = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.10.0/24" } }
  }
  expect_failures = [var.subnets]
}

run "an_unknown_tier" {
  command = plan
  variables {
    subnets = { a = { tier = "dmz", availability_zone = "eu-west-1a", cidr = "10.0.10.0/24" } }
  }
  expect_failures = [var.subnets]
}

run "a_region_where_a_zone_is_meant" {
  command = plan
  variables {
    subnets = { a = { tier = "private", availability_zone = "eu-west-1", cidr = "10.0.10.0/24" } }
  }
  expect_failures = [var.subnets]
}

run "a_subnet_block_that_is_no_block" {
  command = plan
  variables {
    subnets = { a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.10.1/24" } }
  }
  expect_failures = [var.subnets]
}

run "overlapping_subnets" {
  command = plan
  variables {
    subnets = {
      a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.10.0/24" }
      b = { tier = "private", availability_zone = "eu-west-1b", cidr = "10.0.8.0/21" }
    }
  }
  expect_failures = [aws_vpc.this]
}

run "a_subnet_outside_the_vpc" {
  command = plan
  variables {
    subnets = { a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.1.0.0/24" } }
  }
  expect_failures = [aws_vpc.this]
}

run "a_public_subnet_without_a_gateway" {
  command = plan
  variables {
    internet_gateway = false
    subnets          = { a = { tier = "public", availability_zone = "eu-west-1a", cidr = "10.0.10.0/24" } }
  }
  expect_failures = [aws_vpc.this]
}

run "an_endpoint_without_a_subnet" {
  command = plan
  variables { interface_endpoints = ["ec2"] }
  expect_failures = [aws_vpc.this]
}

run "an_unknown_protocol" {
  command = plan
  variables { public_ingress = [{ protocol = "sctp" }] }
  expect_failures = [var.public_ingress]
}

run "every_protocol_at_once" {
  command = plan
  variables { public_ingress = [{ protocol = "-1" }] }
  expect_failures = [var.public_ingress]
}

run "tcp_without_ports" {
  command = plan
  variables { public_ingress = [{ protocol = "tcp" }] }
  expect_failures = [var.public_ingress]
}

run "ports_of_a_protocol_that_has_none" {
  command = plan
  variables { public_ingress = [{ protocol = "50", from_port = 500, to_port = 500 }] }
  expect_failures = [var.public_ingress]
}

run "a_port_below_the_first" {
  command = plan
  variables { public_ingress = [{ protocol = "tcp", from_port = 0, to_port = 80 }] }
  expect_failures = [var.public_ingress]
}

run "a_port_beyond_the_last" {
  command = plan
  variables { public_ingress = [{ protocol = "udp", from_port = 60000, to_port = 65536 }] }
  expect_failures = [var.public_ingress]
}

run "ports_the_wrong_way_round" {
  command = plan
  variables { public_ingress = [{ protocol = "tcp", from_port = 443, to_port = 80 }] }
  expect_failures = [var.public_ingress]
}

run "an_endpoint_by_its_full_address" {
  command = plan
  variables {
    interface_endpoints        = ["https://ec2"]
    interface_endpoint_subnets = ["private-a"]
  }
  expect_failures = [var.interface_endpoints]
}

run "an_endpoint_in_an_unknown_subnet" {
  command = plan
  variables { interface_endpoint_subnets = ["private-z"] }
  expect_failures = [var.interface_endpoint_subnets]
}

run "a_retention_that_cloudwatch_does_not_know" {
  command = plan
  variables { flow_log_retention_days = 12 }
  expect_failures = [var.flow_log_retention_days]
}

run "the_internet_as_a_trusted_network" {
  command = plan
  variables { trusted_networks = ["0.0.0.0/0"] }
  expect_failures = [var.trusted_networks]
}

run "two_subnets_with_one_ipv6_block" {
  command = plan
  variables {
    ipv6 = true
    subnets = {
      a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.10.0/25" }
      b = { tier = "private", availability_zone = "eu-west-1b", cidr = "10.0.10.128/25" }
    }
  }
  expect_failures = [aws_vpc.this]
}

run "an_ipv6_index_beyond_the_56" {
  command = plan
  variables {
    subnets = { a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.10.0/24", ipv6_index = 256 } }
  }
  expect_failures = [var.subnets]
}

run "reply_ports_below_those_of_clients" {
  command = plan
  variables { reply_ports = { from_port = 22, to_port = 65535 } }
  expect_failures = [var.reply_ports]
}

run "reply_ports_the_wrong_way_round" {
  command = plan
  variables { reply_ports = { from_port = 40000, to_port = 39999 } }
  expect_failures = [var.reply_ports]
}

run "reply_ports_beyond_the_last" {
  command = plan
  variables { reply_ports = { from_port = 32768, to_port = 65536 } }
  expect_failures = [var.reply_ports]
}

run "a_subnet_smaller_than_aws_allows" {
  command = plan
  variables {
    subnets = { a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.10.0/29" } }
  }
  expect_failures = [var.subnets]
}

run "a_subnet_larger_than_aws_allows" {
  command = plan
  variables {
    subnets = { a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.0.0/15" } }
  }
  expect_failures = [var.subnets]
}

run "the_smallest_subnet" {
  command = plan
  variables {
    subnets = { a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.10.0/28" } }
  }
}

run "two_endpoints_in_one_zone" {
  command = plan
  variables {
    subnets = {
      a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.10.0/24" }
      b = { tier = "data", availability_zone = "eu-west-1a", cidr = "10.0.20.0/24" }
    }
    interface_endpoints        = ["ec2"]
    interface_endpoint_subnets = ["a", "b"]
  }
  expect_failures = [aws_vpc.this]
}

run "more_acl_rules_than_aws_takes" {
  command = plan
  variables {
    public_ingress = [for port in range(16) : { protocol = "tcp", from_port = 1000 + port, to_port = 1000 + port }]
    subnets        = { a = { tier = "public", availability_zone = "eu-west-1a", cidr = "10.0.10.0/24" } }
  }
  expect_failures = [aws_network_acl.this]
}

run "as_many_acl_rules_as_aws_takes" {
  command = plan
  variables {
    public_ingress = [for port in range(15) : { protocol = "tcp", from_port = 1000 + port, to_port = 1000 + port }]
    subnets        = { a = { tier = "public", availability_zone = "eu-west-1a", cidr = "10.0.10.0/24" } }
  }
}

run "a_quota_beyond_what_aws_grants" {
  command = plan
  variables { acl_rule_quota = 41 }
  expect_failures = [var.acl_rule_quota]
}

run "a_vpc_block_smaller_than_aws_allows" {
  command = plan
  variables {
    cidr    = "10.0.10.0/29"
    subnets = { a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.10.0/28" } }
  }
  expect_failures = [var.cidr]
}

run "tcp_without_its_first_port" {
  command = plan
  variables { public_ingress = [{ protocol = "tcp", to_port = 443 }] }
  expect_failures = [var.public_ingress]
}

run "tcp_without_its_last_port" {
  command = plan
  variables { public_ingress = [{ protocol = "tcp", from_port = 1 }] }
  expect_failures = [var.public_ingress]
}

run "a_first_port_of_a_protocol_that_has_none" {
  command = plan
  variables { public_ingress = [{ protocol = "50", from_port = 1 }] }
  expect_failures = [var.public_ingress]
}

run "a_last_port_of_a_protocol_that_has_none" {
  command = plan
  variables { public_ingress = [{ protocol = "50", to_port = 500 }] }
  expect_failures = [var.public_ingress]
}

run "a_trusted_network_with_host_bits" {
  command = plan
  variables { trusted_networks = ["172.20.0.5/16"] }
  expect_failures = [var.trusted_networks]
}

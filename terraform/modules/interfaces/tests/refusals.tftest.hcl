mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name       = "demo"
  group      = "db"
  vpc_id     = "vpc-0123456789abcdef0"
  roles      = { service = { description = "Database" } }
  interfaces = { db-1 = { subnet = { id = "s", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, role = "service", private_ip = "10.0.1.10" } }
}

run "an_empty_name" {
  command = plan
  variables { name = "" }
  expect_failures = [var.name]
}

run "an_empty_group" {
  command = plan
  variables { group = "" }
  expect_failures = [var.group]
}

run "no_vpc" {
  command = plan
  variables { vpc_id = "" }
  expect_failures = [var.vpc_id]
}

run "a_rule_with_two_peers" {
  command = plan
  variables {
    roles = { service = { description = "x", ingress = [{ description = "x", protocol = "tcp", from_port = 1, to_port = 1, cidr_ipv4 = "10.0.0.0/8", role = "service" }] } }
  }
  expect_failures = [var.roles]
}

run "a_rule_with_an_unknown_role" {
  command = plan
  variables {
    roles = { service = { description = "x", ingress = [{ description = "x", protocol = "tcp", from_port = 1, to_port = 1, role = "nobody" }] } }
  }
  # The unknown role breaks the rule that uses it as well.
  expect_failures = [var.roles]
}

run "a_tcp_rule_without_ports" {
  command = plan
  variables {
    roles = { service = { description = "x", egress = [{ description = "x", protocol = "tcp", cidr_ipv4 = "10.0.0.0/8" }] } }
  }
  expect_failures = [var.roles]
}

run "management_open_to_the_world" {
  command = plan
  variables {
    roles = {
      service    = { description = "x" }
      management = { description = "x", ingress = [{ description = "x", protocol = "tcp", from_port = 22, to_port = 22, cidr_ipv4 = "0.0.0.0/0" }] }
    }
  }
  expect_failures = [var.roles]
}

run "an_interface_without_a_name" {
  command = plan
  variables {
    interfaces = { " " = { subnet = { id = "s", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, role = "service" } }
  }
  expect_failures = [var.interfaces]
}

run "an_interface_with_an_unknown_role" {
  command = plan
  variables {
    interfaces = { a = { subnet = { id = "s", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, role = "nobody" } }
  }
  expect_failures = [var.interfaces]
}

run "secondary_addresses_without_a_primary_one" {
  command = plan
  variables {
    interfaces = { a = { subnet = { id = "s", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, role = "service", secondary_private_ips = ["10.0.1.9"] } }
  }
  expect_failures = [var.interfaces]
}

run "a_floating_address_outside_its_subnet" {
  command = plan
  variables {
    floating_private_ips = { vip = { subnet = { id = "s", cidr = "10.0.1.0/24" }, address = "10.0.2.50" } }
  }
  expect_failures = [aws_network_interface.this]
}

run "an_address_that_is_none" {
  command = plan
  variables {
    floating_private_ips = { vip = { subnet = { id = "s", cidr = "10.0.1.0/24" }, address = "db.example.com" } }
  }
  expect_failures = [aws_network_interface.this]
}

run "an_address_that_aws_keeps" {
  command = plan
  variables {
    floating_private_ips = { vip = { subnet = { id = "s", cidr = "10.0.1.0/24" }, address = "10.0.1.1" } }
  }
  expect_failures = [aws_network_interface.this]
}

run "an_address_given_twice" {
  command = plan
  variables {
    floating_private_ips = { vip = { subnet = { id = "s", cidr = "10.0.1.0/24" }, address = "10.0.1.10" } }
  }
  expect_failures = [aws_network_interface.this]
}

run "an_ipv6_host_that_aws_keeps" {
  command = plan
  variables {
    floating_ipv6 = { vip = { subnet = { id = "s", ipv6_cidr = "2001:db8::/64" }, host = 1 } }
  }
  expect_failures = [var.floating_ipv6]
}

run "a_tcp_rule_without_its_first_port" {
  command = plan
  variables {
    roles = { service = { description = "x", egress = [{ description = "x", protocol = "tcp", to_port = 1, cidr_ipv4 = "10.0.0.0/8" }] } }
  }
  expect_failures = [var.roles]
}

run "a_tcp_rule_without_its_last_port" {
  command = plan
  variables {
    roles = { service = { description = "x", egress = [{ description = "x", protocol = "tcp", from_port = 1, cidr_ipv4 = "10.0.0.0/8" }] } }
  }
  expect_failures = [var.roles]
}

run "an_ipv6_host_between_two" {
  command = plan
  variables {
    floating_ipv6 = { vip = { subnet = { id = "s", ipv6_cidr = "2001:db8::/64" }, host = 5.5 } }
  }
  expect_failures = [var.floating_ipv6]
}

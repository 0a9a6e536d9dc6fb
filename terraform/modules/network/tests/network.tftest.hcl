mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name = "demo"
  cidr = "10.0.0.0/16"
  subnets = {
    public-a  = { tier = "public", availability_zone = "eu-west-1a", cidr = "10.0.0.0/24" }
    public-b  = { tier = "public", availability_zone = "eu-west-1b", cidr = "10.0.1.0/24" }
    private-a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.10.0/24" }
    data-a    = { tier = "data", availability_zone = "eu-west-1a", cidr = "10.0.20.0/24" }
  }
  interface_endpoints        = ["ec2"]
  interface_endpoint_subnets = ["private-a"]
}

run "a_whole_network_is_planned" {
  command = plan

  assert {
    condition     = aws_vpc.this.enable_dns_support && aws_vpc.this.enable_dns_hostnames
    error_message = "split horizon needs both DNS attributes"
  }
  assert {
    condition     = toset(keys(aws_route.internet)) == toset(["public-eu-west-1a", "public-eu-west-1b"])
    error_message = "only public tables lead to the internet gateway"
  }
  assert {
    condition     = alltrue([for s in values(aws_subnet.this) : s.map_public_ip_on_launch == false])
    error_message = "no subnet gives out public addresses"
  }
  assert {
    condition     = aws_vpc_endpoint.interface["ec2"].service_name == "com.amazonaws.eu-west-1.ec2" && aws_vpc_endpoint.interface["ec2"].private_dns_enabled
    error_message = "the EC2 API is reached inside the VPC by its usual name"
  }
  assert {
    condition     = toset(keys(aws_vpc_endpoint.gateway)) == toset(["dynamodb", "s3"])
    error_message = "gateway endpoints for the lease table and for packages"
  }
  assert {
    condition = alltrue([for key, r in aws_network_acl_rule.this :
    r.egress || r.cidr_block == var.cidr || try(r.from_port >= 32768, false) || r.icmp_code == 4 || startswith(key, "public/")])
    error_message = "only the public tier lets strangers in"
  }
  assert {
    condition     = length(aws_flow_log.this) == 1 && aws_flow_log.this[0].traffic_type == "ALL"
    error_message = "flow logs are on by default"
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.flow[0].policy).Statement[0].Resource == ["arn:aws:logs:eu-west-1:111122223333:log-group:/vpc/demo/flow:*"]
    error_message = "flow logs are written to their own group only"
  }
}

run "everything_created_can_be_read_back" {
  assert {
    condition     = output.subnets["data-a"].id == aws_subnet.this["data-a"].id && output.subnets["data-a"].ipv6_cidr == null
    error_message = "subnets are given by name"
  }
  assert {
    condition     = length(output.route_table_ids) == 4 && output.internet_gateway_id != null
    error_message = "a table for each tier and zone"
  }
}

run "dual_stack_gives_each_subnet_its_own_64" {
  variables { ipv6 = true }

  assert {
    condition     = toset([for s in values(aws_subnet.this) : s.ipv6_cidr_block]) == toset(["2001:db8:1234::/64", "2001:db8:1234:1::/64", "2001:db8:1234:a::/64", "2001:db8:1234:14::/64"])
    error_message = "one /64 for each subnet"
  }
  assert {
    condition     = toset(keys(aws_route.internet_ipv6)) == toset(["public-eu-west-1a", "public-eu-west-1b"])
    error_message = "public tables lead out by IPv6 too"
  }
}

run "a_closed_network_may_still_have_a_gateway_for_elastic_ips" {
  command = plan
  variables {
    internet_gateway           = true
    interface_endpoints        = []
    interface_endpoint_subnets = []
    flow_log_retention_days    = 0
    subnets = {
      data-a = { tier = "data", availability_zone = "eu-west-1a", cidr = "10.0.20.0/24" }
    }
  }

  assert {
    condition     = length(aws_internet_gateway.this) == 1 && length(aws_route.internet) == 0
    error_message = "the gateway is there, and no route leads to it"
  }
  assert {
    condition     = length(aws_flow_log.this) == 0 && length(aws_security_group.endpoints) == 0
    error_message = "what was not asked for is not made"
  }
}

run "china_has_its_own_endpoint_names" {
  command = plan
  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-cn" }
  }
  variables { interface_endpoints = ["ec2", "logs", "monitoring", "sns", "sqs", "ssm"] }

  assert {
    condition = { for service, e in aws_vpc_endpoint.interface : service => e.service_name } == {
      ec2        = "cn.com.amazonaws.eu-west-1.ec2"
      logs       = "com.amazonaws.eu-west-1.logs"
      monitoring = "cn.com.amazonaws.eu-west-1.monitoring"
      sns        = "com.amazonaws.eu-west-1.sns"
      sqs        = "cn.com.amazonaws.eu-west-1.sqs"
      ssm        = "com.amazonaws.eu-west-1.ssm"
    }
    error_message = "some services in China begin with cn., others do not"
  }
  assert {
    condition     = { for service, e in aws_vpc_endpoint.gateway : service => e.service_name } == { dynamodb = "com.amazonaws.eu-west-1.dynamodb", s3 = "com.amazonaws.eu-west-1.s3" }
    error_message = "gateway endpoints bear the same name everywhere"
  }
  assert {
    condition     = startswith(jsondecode(aws_iam_role_policy.flow[0].policy).Statement[0].Resource[0], "arn:aws-cn:")
    error_message = "ARNs carry the partition"
  }
}

run "a_trusted_network_passes_every_acl" {
  command = plan
  variables { trusted_networks = ["172.20.0.0/16"] }

  assert {
    condition     = toset([for r in aws_network_acl_rule.this : r.egress if r.cidr_block == "172.20.0.0/16" && r.protocol == "-1"]) == toset([true, false])
    error_message = "in and out"
  }
}

run "one_more_subnet_renumbers_no_other" {
  variables {
    ipv6 = true
    subnets = {
      a-new-one = { tier = "private", availability_zone = "eu-west-1b", cidr = "10.0.11.0/24" }
      private-a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.10.0/24" }
    }
  }

  assert {
    condition     = aws_subnet.this["private-a"].ipv6_cidr_block == "2001:db8:1234:a::/64"
    error_message = "an IPv6 block belongs to its subnet, not to a position"
  }
}

run "one_more_open_port_renumbers_no_acl_rule" {
  command = plan
  variables {
    public_ingress = [{ protocol = "tcp", from_port = 443, to_port = 443 }, { protocol = "udp", from_port = 5060, to_port = 5061 }]
  }

  assert {
    condition     = aws_network_acl_rule.this["public/in/200"].to_port == 443 && aws_network_acl_rule.this["public/in/202"].to_port == 5061 && aws_network_acl_rule.this["public/in/300"].from_port == 32768
    error_message = "numbers by kind"
  }
}

run "replies_come_back_to_the_ports_that_translation_may_choose" {
  command = plan
  variables {
    reply_ports = { from_port = 1024, to_port = 65535 }
  }

  assert {
    condition     = alltrue([for key, r in aws_network_acl_rule.this : r.from_port == 1024 && r.to_port == 65535 if length(regexall("/in/30[02]$", key)) > 0])
    error_message = "in every tier: what is translated is asked for by clients with ports of their own"
  }
}

run "a_packet_that_is_too_big_is_told_to_its_sender_in_every_tier" {
  variables { ipv6 = true }

  assert {
    condition = alltrue([for tier in ["public", "private", "data"] :
      aws_network_acl_rule.this["${tier}/in/350"].protocol == "icmp" && aws_network_acl_rule.this["${tier}/in/350"].icmp_type == 3 && aws_network_acl_rule.this["${tier}/in/350"].icmp_code == 4 && aws_network_acl_rule.this["${tier}/in/350"].cidr_block == "0.0.0.0/0"
    ])
    error_message = "fragmentation needed: without it, a path with a smaller MTU swallows large packets"
  }
  assert {
    condition = alltrue([for tier in ["public", "private", "data"] :
      aws_network_acl_rule.this["${tier}/in/351"].protocol == "58" && aws_network_acl_rule.this["${tier}/in/351"].icmp_type == 2 && aws_network_acl_rule.this["${tier}/in/351"].ipv6_cidr_block == "::/0"
    ])
    error_message = "packet too big, which IPv6 cannot do without"
  }
}

run "the_public_tier_may_let_in_ping_and_ipsec" {
  variables {
    ipv6           = true
    public_ingress = [{ protocol = "icmp" }, { protocol = "icmpv6" }, { protocol = "50" }]
  }

  assert {
    condition     = [for key, r in aws_network_acl_rule.this : "${r.protocol} ${coalesce(r.cidr_block, r.ipv6_cidr_block)} ${try(coalesce(r.icmp_type), "-")}" if startswith(key, "public/in/20")] == ["icmp 0.0.0.0/0 -1", "58 ::/0 -1", "50 0.0.0.0/0 -", "50 ::/0 -"]
    error_message = "each in the family that has it"
  }
}

mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name   = "demo"
  group  = "db"
  vpc_id = "vpc-0123456789abcdef0"
  roles = {
    management = {
      description = "Administration"
      ingress     = [{ description = "SSH from the office", protocol = "tcp", from_port = 22, to_port = 22, cidr_ipv4 = "192.0.2.0/24" }]
    }
    service = {
      description = "Database"
      ingress = [
        { description = "MySQL from the VPC", protocol = "tcp", from_port = 3306, to_port = 3306, cidr_ipv4 = "10.0.0.0/16" },
        { description = "Everything between the nodes", protocol = "-1", role = "service" },
      ]
    }
  }
  interfaces = {
    db-1-management = { subnet = { id = "subnet-1", cidr = "10.0.9.0/24", availability_zone = "eu-west-1a" }, role = "management", movable = false }
    db-1-service = {
      subnet                = { id = "subnet-2", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }
      role                  = "service", private_ip = "10.0.1.10"
      secondary_private_ips = ["10.0.1.11"]
      source_dest_check     = false
    }
  }
  floating_private_ips = { vip = { subnet = { id = "subnet-2", cidr = "10.0.1.0/24" }, address = "10.0.1.50" } }
  floating_ipv6        = { vip6 = { subnet = { id = "subnet-2", ipv6_cidr = "2001:db8:1:2::/64" }, host = 80 } }
}

run "interfaces_groups_and_reservations_are_planned" {
  command = plan

  assert {
    condition     = aws_network_interface.this["db-1-service"].private_ip_list == tolist(["10.0.1.10", "10.0.1.11"])
    error_message = "the fixed addresses, the primary one first, and not the floating one"
  }
  assert {
    condition     = !aws_network_interface.this["db-1-service"].source_dest_check && aws_network_interface.this["db-1-management"].source_dest_check
    error_message = "the source/destination check is off only where asked"
  }
  assert {
    condition     = aws_network_interface.this["db-1-service"].tags["failover:group"] == "db" && !contains(keys(aws_network_interface.this["db-1-management"].tags), "failover:group")
    error_message = "the failover may touch the service interface and never the management one"
  }
  assert {
    condition     = aws_ec2_subnet_cidr_reservation.floating["vip"].cidr_block == "10.0.1.50/32" && aws_ec2_subnet_cidr_reservation.floating_ipv6["vip6"].cidr_block == "2001:db8:1:2::50/128"
    error_message = "AWS must not give a floating address to somebody else"
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.this["service/egress/0"].to_port == 443
    error_message = "nodes reach the AWS APIs unless told otherwise"
  }
  assert {
    condition     = output.failover_addresses == [{ kind = "private_ip", address = "10.0.1.50" }, { kind = "ipv6", address = "2001:db8:1:2::50" }]
    error_message = "the floating addresses are handed to the controller"
  }
}

run "a_rule_may_name_another_role" {
  assert {
    condition     = aws_vpc_security_group_ingress_rule.this["service/ingress/1"].referenced_security_group_id == output.security_group_ids["service"]
    error_message = "nodes of a role reach each other"
  }
  assert {
    condition     = output.interfaces["db-1-service"].subnet_cidr == "10.0.1.0/24" && output.isolation_security_group_id != ""
    error_message = "what others need is given"
  }
}

run "what_a_role_lets_through_over_tcp_is_told_with_its_interfaces" {
  command = plan

  assert {
    condition     = [for r in output.interfaces["db-1-service"].tcp.ingress : "${r.from_port}-${r.to_port} ${coalesce(r.cidr_ipv4, r.role)}"] == ["3306-3306 10.0.0.0/16", "0-65535 service"]
    error_message = "a rule for all protocols opens every port"
  }
  assert {
    condition     = [for r in output.interfaces["db-1-management"].tcp.egress : r.to_port] == [443] && output.interfaces["db-1-management"].role == "management"
    error_message = "what goes out, by default, is HTTPS"
  }
}

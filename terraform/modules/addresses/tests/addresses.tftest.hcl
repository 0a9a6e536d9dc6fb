mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name     = "demo"
  group    = "db"
  vpc_cidr = "10.0.0.0/16"

  elastic_ips = { public = {}, second = { private_ips = { db-1 = "10.0.1.10", db-2 = "10.0.2.10" } } }
  floating_interfaces = {
    licence = {
      subnet             = { id = "subnet-1", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }
      private_ip         = "10.0.1.50"
      security_group_ids = ["sg-1"]
      device_index       = 1
    }
  }
  overlay_routes = {
    vip  = { destination = "10.99.0.10/32", route_table_ids = { a = "rtb-a", b = "rtb-b" }, first_interface_id = "eni-first" }
    vip6 = { destination = "2001:db8:99::/64", route_table_ids = { a = "rtb-a" }, first_interface_id = "eni-first" }
  }
}

run "addresses_are_planned_without_a_holder" {
  command = plan

  assert {
    condition     = alltrue([for e in values(aws_eip.this) : e.domain == "vpc" && e.tags["failover:group"] == "db"])
    error_message = "each address carries its group"
  }
  assert {
    condition     = aws_network_interface.floating["licence"].private_ips == toset(["10.0.1.50"])
    error_message = "the fixed address of a floating interface moves with it"
  }
  assert {
    condition     = toset(keys(aws_route.overlay)) == toset(["vip/a", "vip/b", "vip6/a"])
    error_message = "a route of its own in every table"
  }
  assert {
    condition     = aws_route.overlay["vip6/a"].destination_ipv6_cidr_block == "2001:db8:99::/64" && aws_route.overlay["vip6/a"].destination_cidr_block == null
    error_message = "IPv6 destinations too"
  }
}

run "the_controller_is_told_every_address" {
  state_key = "addresses"

  assert {
    condition     = [for a in output.failover_addresses : a.kind] == ["eip", "eip", "eni", "route", "route"]
    error_message = "one entry for each address"
  }
  assert {
    condition     = output.failover_addresses[1].private_ip == tomap({ db-1 = "10.0.1.10", db-2 = "10.0.2.10" })
    error_message = "the private address per node is kept"
  }
  assert {
    condition     = output.failover_addresses[3].tables == tolist(["rtb-a", "rtb-b"])
    error_message = "all tables of a route move together"
  }
  assert {
    condition     = output.elastic_ips["public"].id == aws_eip.this["public"].allocation_id
    error_message = "the allocation is the identity of an Elastic IP"
  }
}

run "tidy_up" {
  state_key = "addresses"
  module {
    source = "./tests/release"
  }
}

# The first run is the world after a failover; the others plan what the configuration says.
mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name        = "demo"
  group       = "db"
  vpc_cidr    = "10.0.0.0/16"
  elastic_ips = { public = {} }
  floating_interfaces = {
    licence = {
      subnet             = { id = "subnet-1", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }
      security_group_ids = ["sg-1"]
    }
  }
  overlay_routes = { vip = { destination = "10.99.0.10/32", route_table_ids = { a = "rtb-a" }, first_interface_id = "eni-standby" } }
}

run "world_with_everything_on_the_standby" {
  state_key = "ownership"

  override_resource {
    target = aws_eip.this
    values = {
      allocation_id     = "eipalloc-0123456789abcdef0"
      association_id    = "eipassoc-0123456789abcdef1"
      instance          = "i-0123456789abcdef1"
      network_interface = "eni-0123456789abcdef1"
      private_ip        = "10.0.1.20"
    }
  }
}

run "after_failover_nothing_moves_back" {
  command   = plan
  state_key = "ownership"

  variables {
    overlay_routes = { vip = { destination = "10.99.0.10/32", route_table_ids = { a = "rtb-a" }, first_interface_id = "eni-active" } }
  }

  assert {
    condition     = aws_eip.this["public"].network_interface == "eni-0123456789abcdef1" && aws_eip.this["public"].association_id == "eipassoc-0123456789abcdef1"
    error_message = "an apply moves the Elastic IP back"
  }
  assert {
    condition     = aws_route.overlay["vip/a"].network_interface_id == "eni-standby"
    error_message = "an apply moves the route back"
  }
}

run "after_failover_a_second_private_ip_on_the_floating_interface_stays" {
  command   = plan
  state_key = "ownership"

  variables {
    floating_interfaces = {
      licence = {
        subnet             = { id = "subnet-1", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }
        security_group_ids = ["sg-1"]
        private_ip         = "10.0.1.99"
      }
    }
  }

  assert {
    condition     = aws_network_interface.floating["licence"].private_ips != toset(["10.0.1.99"])
    error_message = "an apply replaces the addresses of the floating interface"
  }
}

run "tidy_up" {
  state_key = "ownership"
  module {
    source = "./tests/release"
  }
}

run "world_with_everything_attached_to_the_standby" {
  state_key = "attached"
  module {
    source = "./tests/attached"
  }
}

run "after_failover_everything_stays_on_the_standby" {
  command   = plan
  state_key = "attached"

  variables { overlay_routes = {} }

  assert {
    condition     = aws_eip.this["public"].network_interface == "eni-0123456789abcdef1" && aws_eip.this["public"].associate_with_private_ip == "10.0.1.20"
    error_message = "an apply takes the Elastic IP off its private address"
  }

  assert {
    condition     = one(aws_network_interface.floating["licence"].attachment).instance == "i-0123456789abcdef1"
    error_message = "an apply detaches the interface"
  }
}

run "tidy_up_the_attached_one" {
  state_key = "attached"
  module {
    source = "./tests/release"
  }
}

# The first run is the world after a failover; the second plans what the configuration says.
mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name    = "demo"
  cidr    = "10.0.0.0/16"
  subnets = { private-a = { tier = "private", availability_zone = "eu-west-1a", cidr = "10.0.10.0/24" } }
}

run "world_with_a_route_that_a_failover_made" {
  state_key = "ownership"
  module {
    source = "./tests/world"
  }
}

run "after_failover_the_route_stays_in_its_table" {
  command   = plan
  state_key = "ownership"

  assert {
    condition     = one(aws_route_table.this["private-eu-west-1a"].route).network_interface_id == "eni-0123456789abcdef1"
    error_message = "an apply deletes routes that it did not make"
  }
}

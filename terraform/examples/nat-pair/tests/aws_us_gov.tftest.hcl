mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws-us-gov"
}

variables {
  region             = "us-gov-west-1"
  availability_zones = ["us-gov-west-1a", "us-gov-west-1b"]
  ami_id             = "ami-0123456789abcdef0"
  lambda_zip         = "versions.tf" # any file stands for the zip
}

run "route_and_exit_address_move_together" {
  state_key = "example"

  assert {
    condition     = [for a in output.failover_config.groups.nat.addresses : a.kind] == ["eip", "route"]
    error_message = "one group, so that they never part"
  }
  assert {
    condition     = output.failover_config.groups.nat.addresses[1].destination == "0.0.0.0/0" && length(output.failover_config.groups.nat.addresses[1].tables) == 2
    error_message = "the default route of every private table"
  }
  assert {
    condition     = output.failover_config.groups.nat.health.probes[0].http == ":8080/"
    error_message = "a node is healthy when it translates, not when somebody can log in"
  }
}

run "tidy_up" {
  state_key = "example"
  module {
    source = "../../modules/addresses/tests/release"
  }
}

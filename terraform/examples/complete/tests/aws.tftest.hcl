mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  region             = "eu-west-1"
  availability_zones = ["eu-west-1a", "eu-west-1b"]
  ami_id             = "ami-0123456789abcdef0"
  lambda_zip         = "versions.tf" # any file stands for the zip
}

run "every_kind_of_address_is_there" {
  state_key = "example"

  assert {
    condition     = [for a in output.failover_config.groups.edge.addresses : a.kind] == ["eip", "route", "dns"]
    error_message = "what can move between zones"
  }
  assert {
    condition     = [for a in output.failover_config.groups.core.addresses : a.kind] == ["private_ip", "ipv6", "eni"]
    error_message = "what stays in its subnet or zone"
  }
  assert {
    condition     = length(output.failover_config.groups.edge.addresses[1].tables) == 5
    error_message = "the overlay address is reached from every table"
  }
}

run "tidy_up" {
  state_key = "example"
  module {
    source = "../../modules/addresses/tests/release"
  }
}

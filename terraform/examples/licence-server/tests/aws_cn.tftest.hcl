mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws-cn"
}

variables {
  region             = "cn-north-1"
  availability_zones = ["cn-north-1a"]
  ami_id             = "ami-0123456789abcdef0"
  lambda_zip         = "versions.tf" # any file stands for the zip
}

run "the_interface_moves_with_its_mac" {
  state_key = "example"

  assert {
    condition     = output.failover_config.groups.licence.addresses[0].kind == "eni" && output.failover_config.groups.licence.addresses[0].device_index == 1
    error_message = "one interface, always at the same place"
  }
  assert {
    condition     = output.mac_address != ""
    error_message = "the MAC is told"
  }
}

run "tidy_up" {
  state_key = "example"
  module {
    source = "../../modules/addresses/tests/release"
  }
}

mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws-cn"
}

variables {
  region             = "cn-north-1"
  availability_zones = ["cn-north-1a", "cn-north-1b"]
  ami_id             = "ami-0123456789abcdef0"
  lambda_zip         = "versions.tf" # any file stands for the zip
}

run "the_route_moves_in_every_client_table" {
  state_key = "example"

  assert {
    condition     = output.failover_config.groups.firewall.addresses[0].kind == "route" && length(output.failover_config.groups.firewall.addresses[0].tables) == 2
    error_message = "the table of each zone"
  }
}

run "tidy_up" {
  state_key = "example"
  module {
    source = "../../modules/addresses/tests/release"
  }
}

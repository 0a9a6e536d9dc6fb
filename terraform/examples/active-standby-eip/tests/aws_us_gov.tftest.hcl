mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws-us-gov"
}

variables {
  region             = "us-gov-west-1"
  availability_zones = ["us-gov-west-1a", "us-gov-west-1b"]
  ami_id             = "ami-0123456789abcdef0"
  lambda_zip         = "versions.tf" # any file stands for the zip
}

run "the_address_moves_between_zones" {
  state_key = "example"

  assert {
    condition     = [for n in output.failover_config.groups.web.nodes : n.name] == ["web-1", "web-2"]
    error_message = "two nodes, the preferred one first"
  }
  assert {
    condition     = [for a in output.failover_config.groups.web.addresses : a.kind] == ["eip"]
    error_message = "one Elastic IP"
  }
}

run "tidy_up" {
  state_key = "example"
  module {
    source = "../../modules/addresses/tests/release"
  }
}

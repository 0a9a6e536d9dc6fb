mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws-cn"
}

variables {
  region             = "cn-north-1"
  availability_zones = ["cn-north-1a", "cn-north-1b"]
  ami_id             = "ami-0123456789abcdef0"
  lambda_zip         = "versions.tf" # any file stands for the zip
}

run "each_tier_fails_over_by_its_own_kind" {
  state_key = "example"

  assert {
    condition     = { for name, g in output.failover_config.groups : name => [for a in g.addresses : a.kind] } == { app = ["eni", "eni"], db = ["private_ip"], web = ["eip"] }
    error_message = "Elastic IP, both interfaces, private address"
  }
  assert {
    condition     = sort([for a in output.failover_config.groups.app.addresses : tostring(a.device_index)]) == tolist(["1", "2"])
    error_message = "both interfaces of the application move"
  }
}

run "tidy_up" {
  state_key = "example"
  module {
    source = "../../modules/addresses/tests/release"
  }
}

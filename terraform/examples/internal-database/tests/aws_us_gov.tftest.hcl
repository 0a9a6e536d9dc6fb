mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws-us-gov"
}

variables {
  region             = "us-gov-west-1"
  availability_zones = ["us-gov-west-1a", "us-gov-west-1b"]
  ami_id             = "ami-0123456789abcdef0"
  lambda_zip         = "versions.tf" # any file stands for the zip
}

run "the_database_is_never_open_to_the_world" {
  state_key = "example"

  assert {
    condition     = [for a in output.failover_config.groups.db.addresses : a.kind] == ["eip"] && output.failover_config.groups.db.verify.names == tolist(["db.internal.example.com"])
    error_message = "the identity is an Elastic IP behind a name"
  }
  assert {
    condition     = output.failover_config.groups.db.policy.fence == ["stop"]
    error_message = "the old primary is stopped before the new one serves"
  }
}

run "tidy_up" {
  state_key = "example"
  module {
    source = "../../modules/addresses/tests/release"
  }
}

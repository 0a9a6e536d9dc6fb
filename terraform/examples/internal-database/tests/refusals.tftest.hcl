mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  ami_id     = "ami-0123456789abcdef0"
  lambda_zip = "versions.tf"
}

run "one_zone" {
  command = plan
  variables { availability_zones = ["eu-west-1a"] }
  expect_failures = [var.availability_zones]
}

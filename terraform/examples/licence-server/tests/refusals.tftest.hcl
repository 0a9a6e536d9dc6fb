mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  ami_id     = "ami-0123456789abcdef0"
  lambda_zip = "versions.tf"
}

run "two_zones" {
  command = plan
  variables { availability_zones = ["eu-west-1a", "eu-west-1b"] }
  expect_failures = [var.availability_zones]
}

# A route table as a refreshed state would hold it after a failover created a route in it.
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.10, < 7"
    }
  }
}

resource "aws_route_table" "this" {
  for_each = toset(["private-eu-west-1a"])

  vpc_id = "vpc-1"
  tags   = { Name = "demo-private-eu-west-1a" }

  route {
    cidr_block           = "10.99.0.10/32"
    network_interface_id = "eni-0123456789abcdef1"
  }
}

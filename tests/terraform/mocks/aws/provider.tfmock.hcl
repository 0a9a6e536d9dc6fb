mock_data "aws_partition" {
  defaults = {
    partition  = "aws"
    dns_suffix = "amazonaws.com"
  }
}

mock_data "aws_region" {
  defaults = {
    region = "eu-west-1"
    name   = "eu-west-1"
  }
}

mock_data "aws_caller_identity" {
  defaults = {
    account_id = "111122223333"
  }
}

mock_data "aws_ec2_instance_type" {
  defaults = {
    maximum_network_interfaces           = 3
    maximum_ipv4_addresses_per_interface = 10
    supported_architectures              = ["arm64"]
  }
}

mock_resource "aws_vpc" {
  defaults = {
    ipv6_cidr_block = "2001:db8:1234::/56"
  }
}

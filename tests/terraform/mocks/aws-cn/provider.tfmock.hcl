mock_data "aws_partition" {
  defaults = {
    partition  = "aws-cn"
    dns_suffix = "amazonaws.com.cn"
  }
}

mock_data "aws_region" {
  defaults = {
    region = "cn-north-1"
    name   = "cn-north-1"
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

# What the real provider refuses without its form, where it is handed on: an invented value has none.
mock_resource "aws_cloudwatch_composite_alarm" {
  defaults = {
    arn = "arn:aws-cn:cloudwatch:cn-north-1:111122223333:alarm:mock"
  }
}

mock_resource "aws_cloudwatch_event_rule" {
  defaults = {
    arn = "arn:aws-cn:events:cn-north-1:111122223333:rule/mock"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn = "arn:aws-cn:logs:cn-north-1:111122223333:log-group:mock"
  }
}

mock_resource "aws_cloudwatch_metric_alarm" {
  defaults = {
    arn = "arn:aws-cn:cloudwatch:cn-north-1:111122223333:alarm:mock"
  }
}

mock_resource "aws_dynamodb_table" {
  defaults = {
    arn = "arn:aws-cn:dynamodb:cn-north-1:111122223333:table/mock"
  }
}

mock_resource "aws_iam_instance_profile" {
  defaults = {
    arn = "arn:aws-cn:iam::111122223333:instance-profile/mock"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws-cn:iam::111122223333:role/mock"
  }
}

mock_resource "aws_lambda_function" {
  defaults = {
    arn = "arn:aws-cn:lambda:cn-north-1:111122223333:function:mock"
  }
}

mock_resource "aws_launch_template" {
  defaults = {
    id = "lt-0123456789abcdef0"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws-cn:sns:cn-north-1:111122223333:mock"
  }
}

mock_resource "aws_sqs_queue" {
  defaults = {
    arn = "arn:aws-cn:sqs:cn-north-1:111122223333:mock"
  }
}

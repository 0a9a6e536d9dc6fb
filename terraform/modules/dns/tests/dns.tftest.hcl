mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  group = "db"
  zones = {
    inside  = { domain = "internal.example.com", vpc_ids = ["vpc-1"] }
    outside = { domain = "example.com", id = "Z0123456789ABCDEFGHIJ" }
  }
  cnames           = { "db.example.com" = { zone = "outside", target = "ec2-192-0-2-1.eu-west-1.compute.amazonaws.com" } }
  floating_records = { "db.internal.example.com" = { zone = "inside", first_address = "10.0.1.10" } }
}

run "zones_and_records_are_planned" {
  command = plan

  assert {
    condition     = keys(aws_route53_zone.this) == ["inside"] && one(aws_route53_zone.this["inside"].vpc).vpc_id == "vpc-1"
    error_message = "an existing zone is used, a private one is made"
  }
  assert {
    condition     = aws_route53_record.cname["db.example.com"].records == toset(["ec2-192-0-2-1.eu-west-1.compute.amazonaws.com"])
    error_message = "the alias leads to the Elastic IP's own name"
  }
  assert {
    condition     = aws_route53_record.floating["db.internal.example.com"].ttl == 10
    error_message = "a name that moves is not kept for long"
  }
}

run "the_controller_is_told_the_floating_records" {
  assert {
    condition     = output.failover_addresses[0].name == "db.internal.example.com" && output.failover_addresses[0].zone == output.zone_ids["inside"] && output.failover_addresses[0].public == null
    error_message = "zone and name"
  }
}

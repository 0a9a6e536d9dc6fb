# The first run is the world after a failover; the second plans what the configuration says.
mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  group            = "db"
  zones            = { inside = { domain = "internal.example.com", vpc_ids = ["vpc-1"] } }
  floating_records = { "db.internal.example.com" = { zone = "inside", first_address = "10.0.2.20", ttl = 5 } }
}

run "world_with_the_name_on_the_standby" {}

run "after_failover_the_name_stays_and_foreign_vpcs_too" {
  command = plan
  variables {
    zones            = { inside = { domain = "internal.example.com", vpc_ids = ["vpc-2"] } }
    floating_records = { "db.internal.example.com" = { zone = "inside", first_address = "10.0.1.10" } }
  }

  assert {
    condition     = aws_route53_record.floating["db.internal.example.com"].records == toset(["10.0.2.20"]) && aws_route53_record.floating["db.internal.example.com"].ttl == 5
    error_message = "an apply moves the name back"
  }
  assert {
    condition     = one(aws_route53_zone.this["inside"].vpc).vpc_id == "vpc-1"
    error_message = "an apply takes a VPC that another stack added out of the zone"
  }
}

mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  group = "db"
  zones = { inside = { domain = "internal.example.com", vpc_ids = ["vpc-1"] } }
}

run "an_empty_group" {
  command = plan
  variables { group = "" }
  expect_failures = [var.group]
}

run "no_zone" {
  command = plan
  variables { zones = {} }
  expect_failures = [var.zones]
}

run "a_domain_that_is_none" {
  command = plan
  variables { zones = { inside = { domain = "internal" } } }
  expect_failures = [var.zones]
}

run "a_domain_of_aws" {
  command = plan
  variables { zones = { inside = { domain = "eu-west-1.compute.amazonaws.com" } } }
  expect_failures = [var.zones]
}

run "an_alias_in_an_unknown_zone" {
  command = plan
  variables { cnames = { "db.internal.example.com" = { zone = "outside", target = "a.example.com" } } }
  expect_failures = [var.cnames]
}

run "an_alias_outside_its_zone" {
  command = plan
  variables { cnames = { "db.example.com" = { zone = "inside", target = "a.example.com" } } }
  expect_failures = [var.cnames]
}

run "a_record_in_an_unknown_zone" {
  command = plan
  variables { floating_records = { "db.internal.example.com" = { zone = "outside", first_address = "10.0.1.10" } } }
  expect_failures = [var.floating_records]
}

run "a_record_outside_its_zone" {
  command = plan
  variables { floating_records = { "db.example.com" = { zone = "inside", first_address = "10.0.1.10" } } }
  expect_failures = [var.floating_records]
}

run "a_record_that_is_kept_for_an_hour" {
  command = plan
  variables { floating_records = { "db.internal.example.com" = { zone = "inside", first_address = "10.0.1.10", ttl = 3600 } } }
  expect_failures = [var.floating_records]
}

run "a_name_that_is_both" {
  command = plan
  variables {
    cnames           = { "db.internal.example.com" = { zone = "inside", target = "a.example.com" } }
    floating_records = { "db.internal.example.com" = { zone = "inside", first_address = "10.0.1.10" } }
  }
  expect_failures = [var.floating_records]
}

mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name     = "demo"
  group    = "db"
  vpc_cidr = "10.0.0.0/16"
}

run "an_empty_name" {
  command = plan
  variables { name = "" }
  expect_failures = [var.name]
}

run "an_empty_group" {
  command = plan
  variables { group = "" }
  expect_failures = [var.group]
}

run "an_elastic_ip_without_a_name" {
  command = plan
  variables { elastic_ips = { "" = {} } }
  expect_failures = [var.elastic_ips]
}

run "a_floating_interface_without_a_name" {
  command = plan
  variables {
    floating_interfaces = { "" = { subnet = { id = "s", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, security_group_ids = ["sg-1"] } }
  }
  expect_failures = [var.floating_interfaces]
}

run "a_floating_interface_outside_its_subnet" {
  command = plan
  variables {
    floating_interfaces = { a = { subnet = { id = "s", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, security_group_ids = ["sg-1"], private_ip = "10.0.2.5" } }
  }
  expect_failures = [var.floating_interfaces]
}

run "a_floating_interface_as_device_0" {
  command = plan
  variables {
    floating_interfaces = { a = { subnet = { id = "s", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, security_group_ids = ["sg-1"], device_index = 0 } }
  }
  expect_failures = [var.floating_interfaces]
}

run "a_floating_interface_without_a_security_group" {
  command = plan
  variables {
    floating_interfaces = { a = { subnet = { id = "s", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, security_group_ids = [] } }
  }
  expect_failures = [var.floating_interfaces]
}

run "an_overlay_route_without_the_block_of_the_vpc" {
  command = plan
  variables {
    vpc_cidr       = null
    overlay_routes = { a = { destination = "10.99.0.10/32", route_table_ids = { a = "rtb-a" }, first_interface_id = "eni-1" } }
  }
  expect_failures = [var.overlay_routes]
}

run "a_vpc_block_that_is_none" {
  command = plan
  variables { vpc_cidr = "10.0.0.0" }
  expect_failures = [var.vpc_cidr]
}

run "a_destination_that_is_no_block" {
  command = plan
  variables {
    overlay_routes = { a = { destination = "10.99.0.10", route_table_ids = { a = "rtb-a" }, first_interface_id = "eni-1" } }
  }
  expect_failures = [var.overlay_routes]
}

run "a_destination_inside_the_vpc" {
  command = plan
  variables {
    overlay_routes = { a = { destination = "10.0.99.10/32", route_table_ids = { a = "rtb-a" }, first_interface_id = "eni-1" } }
  }
  expect_failures = [var.overlay_routes]
}

run "an_overlay_route_in_no_table" {
  command = plan
  variables {
    overlay_routes = { a = { destination = "10.99.0.10/32", route_table_ids = {}, first_interface_id = "eni-1" } }
  }
  expect_failures = [var.overlay_routes]
}

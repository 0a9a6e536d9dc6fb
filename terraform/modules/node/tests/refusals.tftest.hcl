mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name                    = "demo"
  group                   = "db"
  ami_id                  = "ami-0123456789abcdef0"
  configuration_parameter = "/failover/demo"
  policy_json             = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
  bootstrap               = { requirement = "aws-failover-toolkit==0.1.0" }
  nodes = {
    db-1 = { priority = 1, interfaces = [{ id = "eni-1", subnet_cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }] }
    db-2 = { priority = 2, interfaces = [{ id = "eni-2", subnet_cidr = "10.0.2.0/24", availability_zone = "eu-west-1b" }] }
  }
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

run "one_node" {
  command = plan
  variables {
    nodes = { db-1 = { priority = 1, interfaces = [{ id = "eni-1", subnet_cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }] } }
  }
  expect_failures = [var.nodes]
}

run "a_node_without_a_name" {
  command = plan
  variables {
    nodes = {
      ""   = { priority = 1, interfaces = [{ id = "eni-1", subnet_cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }] }
      db-2 = { priority = 2, interfaces = [{ id = "eni-2", subnet_cidr = "10.0.2.0/24", availability_zone = "eu-west-1b" }] }
    }
  }
  expect_failures = [var.nodes]
}

run "two_nodes_equally_preferred" {
  command = plan
  variables {
    nodes = {
      db-1 = { priority = 1, interfaces = [{ id = "eni-1", subnet_cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }] }
      db-2 = { priority = 1, interfaces = [{ id = "eni-2", subnet_cidr = "10.0.2.0/24", availability_zone = "eu-west-1b" }] }
    }
  }
  expect_failures = [var.nodes]
}

run "a_service_device_that_is_not_there" {
  command = plan
  variables {
    nodes = {
      db-1 = { priority = 1, service_device = 1, interfaces = [{ id = "eni-1", subnet_cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }] }
      db-2 = { priority = 2, interfaces = [{ id = "eni-2", subnet_cidr = "10.0.2.0/24", availability_zone = "eu-west-1b" }] }
    }
  }
  expect_failures = [var.nodes]
}

run "a_node_in_two_zones" {
  command = plan
  variables {
    nodes = {
      db-1 = { priority = 1, interfaces = [{ id = "eni-1", subnet_cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, { id = "eni-3", subnet_cidr = "10.0.2.0/24", availability_zone = "eu-west-1b" }] }
      db-2 = { priority = 2, interfaces = [{ id = "eni-2", subnet_cidr = "10.0.2.0/24", availability_zone = "eu-west-1b" }] }
    }
  }
  expect_failures = [var.nodes]
}

run "more_interfaces_than_the_instance_type_takes" {
  command = plan
  variables { floating_interfaces = 3 }
  expect_failures = [aws_launch_template.this]
}

run "half_an_interface" {
  command = plan
  variables { floating_interfaces = 0.5 }
  expect_failures = [var.floating_interfaces]
}

run "an_instance_type_that_is_none" {
  command = plan
  variables { instance_type = "small" }
  expect_failures = [var.instance_type]
}

run "an_image_that_is_none" {
  command = plan
  variables { ami_id = "latest" }
  expect_failures = [var.ami_id]
}

run "an_unknown_bootstrap_mode" {
  command = plan
  variables { bootstrap = { mode = "half", requirement = "mine" } }
  expect_failures = [var.bootstrap]
}

run "an_unknown_service" {
  command = plan
  variables { bootstrap = { services = ["mail"], requirement = "mine" } }
  expect_failures = [var.bootstrap]
}

run "an_installation_of_what_no_index_has" {
  command = plan
  variables { bootstrap = { mode = "full" } }
  expect_failures = [var.bootstrap]
}

run "packages_that_are_not_in_s3" {
  command = plan
  variables { bootstrap = { packages_url = "https://example.com/wheels" } }
  expect_failures = [var.bootstrap]
}

run "a_requirement_with_a_shell_in_it" {
  command = plan
  variables { bootstrap = { requirement = "x'; reboot; '" } }
  expect_failures = [var.bootstrap]
}

run "a_parameter_without_a_slash" {
  command = plan
  variables { configuration_parameter = "demo" }
  expect_failures = [var.configuration_parameter]
}

run "a_policy_that_is_none" {
  command = plan
  variables { policy_json = "allow everything" }
  expect_failures = [var.policy_json]
}

run "a_hop_limit_too_far" {
  command = plan
  variables { metadata_hop_limit = 64 }
  expect_failures = [var.metadata_hop_limit]
}

run "an_unknown_recovery" {
  command = plan
  variables { auto_recovery = "maybe" }
  expect_failures = [var.auto_recovery]
}

run "a_disk_too_small" {
  command = plan
  variables { root_volume_gib = 1 }
  expect_failures = [var.root_volume_gib]
}

run "a_root_device_that_is_none" {
  command = plan
  variables { root_device_name = "xvda" }
  expect_failures = [var.root_device_name]
}

run "more_user_data_than_ec2_takes" {
  command = plan
  variables { setup = join("\n", [for i in range(400) : sha512(tostring(i))]) }
  expect_failures = [aws_launch_template.this]
}

run "a_tag_with_a_slash" {
  command = plan
  variables { tags = { "team/cost" = "42" } }
  expect_failures = [var.tags]
}

run "a_tag_that_names_the_list_of_tags" {
  command = plan
  variables { tags = { "_index" = "42" } }
  expect_failures = [var.tags]
}

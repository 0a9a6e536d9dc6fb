mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name       = "demo"
  lambda_zip = "versions.tf"
  groups = { db = {
    nodes     = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }]
    addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }]
  } }
}

run "an_empty_name" {
  command = plan
  variables {
    name = ""
  }
  expect_failures = [var.name]
}

run "a_zip_that_is_not_built" {
  command = plan
  variables {
    lambda_zip = "nowhere.zip"
  }
  expect_failures = [var.lambda_zip]
}

run "an_old_runtime" {
  command = plan
  variables {
    runtime = "python3.9"
  }
  expect_failures = [var.runtime]
}

run "too_little_memory" {
  command = plan
  variables {
    memory_mib = 128
  }
  expect_failures = [var.memory_mib]
}

run "a_time_limit_that_no_run_can_keep" {
  command = plan
  variables {
    timeout_seconds = 3
  }
  expect_failures = [var.timeout_seconds]
}

run "an_event_age_beyond_aws_limits" {
  command = plan
  variables {
    event_age_seconds = 30
  }
  expect_failures = [var.event_age_seconds]
}

run "too_many_retries" {
  command = plan
  variables {
    retries = 5
  }
  expect_failures = [var.retries]
}

run "a_reconcile_every_half_minute" {
  command = plan
  variables {
    reconcile_minutes = 0.5
  }
  expect_failures = [var.reconcile_minutes]
}

run "a_function_in_one_subnet" {
  command = plan
  variables {
    vpc = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }
  expect_failures = [var.vpc]
}

run "an_address_that_is_no_mail" {
  command = plan
  variables {
    notify_emails = ["on-call"]
  }
  expect_failures = [var.notify_emails]
}

run "a_retention_that_cloudwatch_does_not_know" {
  command = plan
  variables {
    log_retention_days = 12
  }
  expect_failures = [var.log_retention_days]
}

run "no_group" {
  command = plan
  variables {
    groups = {}
  }
  expect_failures = [var.groups]
}

run "a_group_without_a_name" {
  command = plan
  variables {
    groups = { "" = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }] } }
  }
  expect_failures = [var.groups]
}

run "a_single_node" {
  command = plan
  variables {
    groups = { db = { single_zone = true, nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }] } }
  }
  expect_failures = [var.groups]
}

run "two_nodes_of_one_name" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-1", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }] } }
  }
  expect_failures = [var.groups]
}

run "a_node_without_a_name" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }] } }
  }
  expect_failures = [var.groups]
}

run "no_address" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [] } }
  }
  expect_failures = [var.groups]
}

run "an_unknown_kind" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "vip" }] } }
  }
  expect_failures = [var.groups]
}

run "an_elastic_ip_without_an_id" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip" }] } }
  }
  expect_failures = [var.groups]
}

run "a_private_ip_without_an_address" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }], addresses = [{ kind = "private_ip" }] } }
  }
  expect_failures = [var.groups]
}

run "a_route_without_tables" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "route", destination = "10.99.0.0/16" }] } }
  }
  expect_failures = [var.groups]
}

run "a_record_without_a_zone" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "dns", name = "db.example.com" }] } }
  }
  expect_failures = [var.groups]
}

run "a_private_ip_of_an_unknown_node" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0", private_ip = { db-9 = "10.0.1.9" } }] } }
  }
  expect_failures = [var.groups]
}

run "a_private_ip_outside_the_subnet_of_its_node" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0", private_ip = { db-1 = "10.0.1.10", db-2 = "10.0.1.20" } }] } }
  }
  expect_failures = [var.groups]
}

run "a_private_ip_in_the_subnet_of_its_node" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0", private_ip = { db-1 = "10.0.1.10", db-2 = "10.0.2.20" } }] } }
  }
}

run "an_interface_between_two_zones" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eni", id = "eni-0123456789abcdef2" }] } }
  }
  expect_failures = [var.groups]
}

run "an_interface_in_another_zone_than_its_nodes" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }], addresses = [{ kind = "eni", id = "eni-0123456789abcdef2", availability_zone = "eu-west-1c" }] } }
  }
  expect_failures = [var.groups]
}

run "a_node_outside_the_subnet_of_the_address" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "private_ip", address = "10.0.1.50" }] } }
  }
  expect_failures = [var.groups]
}

run "an_ipv6_address_between_two_subnets" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "ipv6", address = "2001:db8::50" }] } }
  }
  expect_failures = [var.groups]
}

run "one_zone_for_an_address_that_could_cross" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }] } }
  }
  expect_failures = [var.groups]
}

run "a_route_to_a_node_that_checks_its_source" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24", source_dest_check = true }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "route", destination = "10.99.0.0/16", tables = ["rtb-1"] }] } }
  }
  expect_failures = [var.groups]
}

run "a_probe_of_two_kinds" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }], health = { probes = [{ tcp = 1, http = ":80/" }] } } }
  }
  expect_failures = [var.groups]
}

run "a_probe_of_no_kind" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }], health = { probes = [{ timeout = "1s" }] } } }
  }
  expect_failures = [var.groups]
}

run "no_probe" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }], health = { probes = [] } } }
  }
  expect_failures = [var.groups]
}

run "a_fall_of_nought" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }], health = { fall = 0 } } }
  }
  expect_failures = [var.groups]
}

run "a_time_without_a_unit" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }], policy = { cooldown = "300" } } }
  }
  expect_failures = [var.groups]
}

run "an_unknown_failback" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }], policy = { failback = { mode = "sometimes" } } } }
  }
  expect_failures = [var.groups]
}

run "no_move_allowed" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }], policy = { max_moves = { count = 0, window = "1h" } } } }
  }
  expect_failures = [var.groups]
}

run "an_unknown_fence" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }], policy = { fence = [{ rung = "shout" }] } } }
  }
  expect_failures = [var.groups]
}

run "an_isolation_without_a_security_group" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }], policy = { fence = [{ rung = "isolate" }] } } }
  }
  expect_failures = [var.groups]
}

run "a_configuration_too_long_for_the_function" {
  command = plan
  variables {
    groups = { db = {
      nodes     = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }]
      addresses = [for i in range(90) : { kind = "eip", id = format("eipalloc-%017x", i) }]
    } }
  }
  expect_failures = [aws_lambda_function.this]
}

run "a_configuration_too_long_only_as_lambda_measures_it" {
  command = plan
  variables {
    groups = { db = {
      nodes     = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }]
      addresses = [for i in range(65) : { kind = "eip", id = format("eipalloc-%017x", i) }]
    } }
  }
  expect_failures = [aws_lambda_function.this]
}

run "a_configuration_that_just_fits" {
  command = plan
  variables {
    groups = { db = {
      nodes     = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }]
      addresses = [for i in range(56) : { kind = "eip", id = format("eipalloc-%017x", i) }]
    } }
  }
}

run "one_zone_on_purpose" {
  command = plan
  variables {
    groups = { db = { single_zone = true, nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }] } }
  }
}

run "a_probed_port_that_is_not_let_in" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", reach = [{ node = "db-2", ingress = [{ from_port = 443, to_port = 443 }], egress = [{ from_port = 0, to_port = 65535 }] }] }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }], health = { probes = [{ tcp = 3306 }] } } }
  }
  expect_failures = [aws_lambda_function.this]
}

run "a_probed_port_that_is_not_let_out" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", reach = [{ node = "db-2", ingress = [{ from_port = 0, to_port = 65535 }], egress = [{ from_port = 443, to_port = 443 }] }] }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }], health = { probes = [{ http = ":8080/healthz" }] } } }
  }
  expect_failures = [aws_lambda_function.this]
}

run "a_probed_port_that_is_open_both_ways" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", reach = [{ node = "db-2", ingress = [{ from_port = 3300, to_port = 3310 }], egress = [{ from_port = 0, to_port = 65535 }] }] }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }], health = { probes = [{ tcp = 3306 }] } } }
  }
}

run "an_unknown_place_for_the_configuration" {
  command = plan
  variables {
    function_configuration = "bucket"
  }
  expect_failures = [var.function_configuration]
}

run "an_auto_scaling_group_by_a_pattern" {
  command = plan
  variables {
    autoscaling_groups = ["db-*"]
  }
  expect_failures = [var.autoscaling_groups]
}

run "a_configuration_too_long_for_a_parameter" {
  command = plan
  variables {
    function_configuration = "parameter"
    groups = { db = {
      nodes     = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }]
      addresses = [for i in range(170) : { kind = "eip", id = format("eipalloc-%017x", i) }]
    } }
  }
  expect_failures = [aws_ssm_parameter.config, aws_iam_role_policy.function, output.node_policies]
}

run "a_configuration_that_only_a_parameter_holds" {
  command = plan
  variables {
    function_configuration = "parameter"
    groups = { db = {
      nodes     = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" }]
      addresses = [for i in range(90) : { kind = "eip", id = format("eipalloc-%017x", i) }]
    } }
  }
}

run "policies_longer_than_a_role_takes" {
  command = plan
  variables {
    function_configuration = "parameter"
    groups = { db = {
      nodes     = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b" }]
      addresses = [for i in range(132) : { kind = "eip", id = format("eipalloc-%017x", i) }]
    } }
  }
  expect_failures = [aws_iam_role_policy.function, output.node_policies]
}

run "a_policy_too_long_only_together_with_that_of_the_vpc" {
  command = plan
  variables {
    function_configuration = "parameter"
    vpc                    = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
    groups = { db = {
      nodes     = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b" }]
      addresses = [for i in range(112) : { kind = "eip", id = format("eipalloc-%017x", i) }]
    } }
  }
  expect_failures = [aws_iam_role_policy.function]
}

run "more_nodes_than_a_rule_can_name" {
  command = plan
  variables {
    function_configuration = "parameter"
    groups = { db = {
      nodes     = [for i in range(45) : { name = "db-${i}", instance = format("i-%017x", i), availability_zone = "eu-west-1${["a", "b"][i % 2]}" }]
      addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }]
      heartbeat = { namespace = "Failover", metric = "Heartbeat" }
    } }
  }
  expect_failures = [aws_cloudwatch_event_rule.this]
}

run "more_memory_than_it_can_use" {
  command = plan
  variables {
    memory_mib = 4096
  }
  expect_failures = [var.memory_mib]
}

run "a_time_limit_beyond_lambdas" {
  command = plan
  variables {
    timeout_seconds = 901
  }
  expect_failures = [var.timeout_seconds]
}

run "an_event_age_beyond_lambdas" {
  command = plan
  variables {
    event_age_seconds = 21601
  }
  expect_failures = [var.event_age_seconds]
}

run "a_reconcile_every_minute" {
  command = plan
  variables {
    reconcile_minutes = 1
  }
  expect_failures = [var.reconcile_minutes]
}

run "a_reconcile_every_two_and_a_half_minutes" {
  command = plan
  variables {
    reconcile_minutes = 2.5
  }
  expect_failures = [var.reconcile_minutes]
}

run "a_reconcile_less_than_hourly" {
  command = plan
  variables {
    reconcile_minutes = 61
  }
  expect_failures = [var.reconcile_minutes]
}

run "a_function_without_a_security_group" {
  command = plan
  variables {
    vpc = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = [] }
  }
  expect_failures = [var.vpc]
}

run "a_route_without_a_destination" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b" }], addresses = [{ kind = "route", tables = ["rtb-1"] }] } }
  }
  expect_failures = [var.groups]
}

run "a_record_without_a_name" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b" }], addresses = [{ kind = "dns", zone = "Z0123456789ABC" }] } }
  }
  expect_failures = [var.groups]
}

run "a_rise_of_nought" {
  command = plan
  variables {
    groups = { db = { nodes = [{ name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a" }, { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b" }], addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }], health = { rise = 0 } } }
  }
  expect_failures = [var.groups]
}

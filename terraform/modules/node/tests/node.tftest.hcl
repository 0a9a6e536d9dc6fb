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
    db-2 = { priority = 2, interfaces = [{ id = "eni-2", subnet_cidr = "10.0.2.0/24", availability_zone = "eu-west-1b" }] }
    db-1 = {
      priority = 1
      interfaces = [
        { id = "eni-1m", subnet_cidr = "10.0.9.0/24", availability_zone = "eu-west-1a" },
        { id = "eni-1s", subnet_cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" },
      ]
      service_device = 1
    }
  }
}

run "nodes_are_planned" {
  command = plan

  assert {
    condition     = alltrue([for t in values(aws_launch_template.this) : t.metadata_options[0].http_tokens == "required" && t.metadata_options[0].http_put_response_hop_limit == 1])
    error_message = "IMDSv2 only"
  }
  assert {
    condition     = alltrue([for t in values(aws_launch_template.this) : t.maintenance_options[0].auto_recovery == "disabled"])
    error_message = "AWS's own recovery must not race the failover"
  }
  assert {
    condition     = [for i in aws_launch_template.this["db-1"].network_interfaces : "${i.device_index}=${i.network_interface_id}"] == ["0=eni-1m", "1=eni-1s"]
    error_message = "management is device 0 and service device 1"
  }
  assert {
    condition     = alltrue(flatten([for t in values(aws_launch_template.this) : [for i in t.network_interfaces : i.delete_on_termination == "false"]]))
    error_message = "interfaces outlive their instance"
  }
  assert {
    condition     = alltrue([for t in values(aws_launch_template.this) : t.block_device_mappings[0].ebs[0].encrypted == "true"])
    error_message = "disks are encrypted"
  }
  assert {
    condition     = aws_instance.this["db-1"].tags["failover:group"] == "db" && aws_instance.this["db-1"].tags["failover:priority"] == "1"
    error_message = "a node says which group it belongs to, and how preferred it is"
  }
}

run "user_data_installs_and_configures_a_plain_image" {
  command = plan

  assert {
    condition     = yamldecode(base64decode(aws_launch_template.this["db-1"].user_data)).runcmd == [["/usr/local/sbin/failover-bootstrap", "install"], ["/usr/local/sbin/failover-bootstrap", "configure"]]
    error_message = "install, then configure"
  }
  assert {
    condition     = strcontains(base64decode(yamldecode(base64decode(aws_launch_template.this["db-1"].user_data)).write_files[1].content), "FAILOVER_PARAMETER='/failover/demo'")
    error_message = "the node is told where its configuration is"
  }
  assert {
    condition     = length(base64decode(aws_launch_template.this["db-1"].user_data)) < 16384
    error_message = "EC2 takes at most 16 KiB of user data"
  }
}

run "a_baked_image_is_only_configured" {
  command = plan
  variables {
    bootstrap = { mode = "configure" }
    setup     = "#!/bin/sh\nsysctl -w net.ipv4.ip_forward=1\n"
  }

  assert {
    condition     = yamldecode(base64decode(aws_launch_template.this["db-1"].user_data)).runcmd == [["/usr/local/sbin/node-setup"], ["/usr/local/sbin/failover-bootstrap", "configure"]]
    error_message = "your own set-up first, no installation"
  }
}

run "packages_from_a_bucket_need_the_right_to_read_it" {
  command = plan
  variables {
    bootstrap = { packages_url = "s3://my-packages/failover/" }
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.packages[0].policy).Statement[0].Resource == ["arn:aws:s3:::my-packages/failover/*"] && jsondecode(aws_iam_role_policy.packages[0].policy).Statement[1].Resource == ["arn:aws:s3:::my-packages"]
    error_message = "that prefix and no other"
  }
}

run "the_controller_gets_the_nodes_in_order_of_preference" {
  assert {
    condition     = [for n in output.nodes : n.name] == ["db-1", "db-2"] && output.nodes[0].interface == "eni-1s"
    error_message = "the preferred node first, with its service interface"
  }
  assert {
    condition     = output.nodes[1].instance == aws_instance.this["db-2"].id && output.nodes[1].availability_zone == "eu-west-1b"
    error_message = "instances and zones"
  }
}

run "what_the_security_groups_let_through_is_told_for_each_pair" {
  command = plan
  variables {
    nodes = {
      db-1 = {
        priority       = 1
        service_device = 1
        interfaces = [
          { id = "eni-1m", subnet_cidr = "10.0.9.0/24", availability_zone = "eu-west-1a", role = "management", tcp = { ingress = [], egress = [{ from_port = 1, to_port = 2, cidr_ipv4 = "10.0.0.0/16" }] } },
          { id = "eni-1d", subnet_cidr = "10.0.1.0/24", availability_zone = "eu-west-1a", role = "data", tcp = { ingress = [{ from_port = 3306, to_port = 3306, cidr_ipv4 = "10.0.0.0/16" }, { from_port = 22, to_port = 22, cidr_ipv4 = "192.0.2.0/24" }, { from_port = 5, to_port = 6, role = "data" }], egress = [{ from_port = 3306, to_port = 3306, role = "data" }] } },
        ]
      }
      db-2 = { priority = 2, interfaces = [{ id = "eni-2", subnet_cidr = "10.0.2.0/24", availability_zone = "eu-west-1b", role = "other", tcp = { ingress = [], egress = [{ from_port = 7, to_port = 8, role = "management" }, { from_port = 9, to_port = 9, cidr_ipv4 = "10.0.1.10/32" }] } }] }
    }
  }

  assert {
    condition     = jsonencode(output.nodes[0].reach) == jsonencode([{ egress = [{ from_port = 9, to_port = 9 }], ingress = [{ from_port = 3306, to_port = 3306 }], node = "db-2" }])
    error_message = "into db-1: its rules for the other's block, the other's rules for its role or block"
  }
  assert {
    condition     = jsonencode(output.nodes[1].reach) == jsonencode([{ egress = [{ from_port = 1, to_port = 2 }], ingress = [], node = "db-1" }])
    error_message = "into db-2: from db-1's first interface, as none stands in the same subnet"
  }
}

run "nothing_is_told_of_interfaces_that_do_not_say_what_they_let_through" {
  command = plan

  assert {
    condition     = alltrue([for n in output.nodes : length(n.reach) == 0])
    error_message = "what is not known blocks nothing"
  }
}

run "a_node_is_terminated_by_an_apply_and_by_nobody_else" {
  command = plan

  assert {
    condition     = alltrue([for i in values(aws_instance.this) : i.disable_api_termination && i.force_destroy])
    error_message = "protected, but not from the apply that replaces it: the provider refuses that since 6.8 unless force_destroy was applied before"
  }
  assert {
    condition     = alltrue([for t in values(aws_launch_template.this) : t.disable_api_termination == null])
    error_message = "the instance alone says it: with both, the template's would come back with each replacement"
  }
}

run "the_protection_can_be_left_out" {
  command = plan
  variables { termination_protection = false }

  assert {
    condition     = alltrue([for i in values(aws_instance.this) : !i.disable_api_termination])
    error_message = "anybody with the right may terminate them"
  }
}

run "a_long_script_of_your_own_fits_into_user_data" {
  command = plan
  variables { setup = join("\n", [for i in range(1000) : "echo step ${i} of a long script"]) }

  assert {
    condition     = length(var.setup) > 20000 && length(base64decode(aws_launch_template.this["db-1"].user_data)) < 16384
    error_message = "both scripts are compressed"
  }
}

run "tags_that_the_metadata_service_can_show" {
  command = plan
  variables { tags = { "team:cost-centre" = "4 / 2" } }

  assert {
    condition     = aws_instance.this["db-1"].tags["team:cost-centre"] == "4 / 2" && aws_instance.this["db-1"].tags["failover:group"] == "db"
    error_message = "colons in keys, anything in values"
  }
}

run "an_image_that_does_it_all_itself_is_told_to_run_nothing" {
  command = plan
  variables { bootstrap = { mode = "none" } }

  assert {
    condition     = keys(yamldecode(base64decode(aws_launch_template.this["db-1"].user_data))) == ["write_files"]
    error_message = "cloud-init wants at least one command in runcmd"
  }
}

run "nobody_can_log_in_unless_session_manager_is_asked_for" {
  command = plan

  assert {
    condition     = length(aws_iam_role_policy.session_manager) == 0
    error_message = "no way in by default"
  }
}

run "session_manager_gets_what_a_session_needs_and_no_right_to_read_parameters" {
  command = plan
  variables { session_manager = true }

  assert {
    condition = jsondecode(aws_iam_role_policy.session_manager[0].policy).Statement[0].Action == [
      "ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
    ]
    error_message = "AWS's own AmazonSSMManagedInstanceCore would let a node read every parameter"
  }
}

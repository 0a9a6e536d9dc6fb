# The first run is the world of running nodes; the second plans a newer image, script and set of interfaces.
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

run "world_with_running_nodes" {
  state_key = "ownership"
  module {
    source = "./tests/running"
  }
}

run "after_failover_no_node_is_replaced_and_no_fence_is_lifted" {
  command   = plan
  state_key = "ownership"

  assert {
    condition     = alltrue([for i in values(aws_instance.this) : i.launch_template[0].id == "lt-0123456789abcdef9" && i.launch_template[0].version == "3"])
    error_message = "the launch template is for the next instance, not for this one"
  }
  assert {
    condition     = alltrue([for i in values(aws_instance.this) : i.vpc_security_group_ids == toset(["sg-isolation"])])
    error_message = "an apply lifts the isolation of a fenced node"
  }
  assert {
    condition     = alltrue([for i in values(aws_instance.this) : i.secondary_private_ips == toset(["10.0.1.50"]) && !i.source_dest_check])
    error_message = "an apply takes a floating address, or turns the source/destination check on"
  }
}

# The first run is the running node; the second plans a newer image, script and set of interfaces.
mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name                    = "demo"
  group                   = "db"
  ami_id                  = "ami-0123456789abcdef0"
  configuration_parameter = "/failover/demo"
  policy_json             = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
  nodes = {
    db-1 = { priority = 1, interfaces = [{ id = "eni-1", subnet_cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }] }
    db-2 = { priority = 2, interfaces = [{ id = "eni-2", subnet_cidr = "10.0.2.0/24", availability_zone = "eu-west-1b" }] }
  }
}

run "world_with_running_nodes" {
  override_resource {
    target = aws_launch_template.this
    values = { id = "lt-0123456789abcdef0" }
  }
}

run "after_failover_a_new_image_replaces_no_node" {
  command = plan
  variables {
    ami_id = "ami-0123456789abcdef1"
    nodes = {
      db-1 = { priority = 1, interfaces = [{ id = "eni-1", subnet_cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, { id = "eni-3", subnet_cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }] }
      db-2 = { priority = 2, interfaces = [{ id = "eni-2", subnet_cidr = "10.0.2.0/24", availability_zone = "eu-west-1b" }] }
    }
  }

  assert {
    condition     = aws_instance.this["db-1"].launch_template[0].id == "lt-0123456789abcdef0"
    error_message = "the launch template is for the next instance, not for this one"
  }
  assert {
    condition     = aws_instance.this["db-1"].id == run.world_with_running_nodes.instance_ids["db-1"]
    error_message = "an apply replaces the node that serves"
  }
}

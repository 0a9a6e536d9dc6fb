mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name       = "demo"
  lambda_zip = "versions.tf"
  groups = {
    db = {
      nodes = [
        { name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" },
        { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" },
      ]
      addresses = [
        { kind = "eip", id = "eipalloc-0123456789abcdef0" },
        { kind = "private_ip", address = "10.0.1.50" },
        { kind = "ipv6", address = "2001:db8::50" },
        { kind = "eni", id = "eni-0123456789abcdef2" },
      ]
      heartbeat = { namespace = "Failover", metric = "Heartbeat" }
    }
    nat = {
      nodes = [
        { name = "nat-1", instance = "i-0123456789abcdef2", availability_zone = "eu-west-1a", source_dest_check = false },
        { name = "nat-2", instance = "i-0123456789abcdef3", availability_zone = "eu-west-1b", source_dest_check = false },
      ]
      addresses = [
        { kind = "route", destination = "0.0.0.0/0", tables = ["rtb-0123456789abcdef0"] },
        { kind = "dns", zone = "Z0123456789ABCDEFGHIJ", name = "NAT.internal.example.com." },
      ]
      health = { probes = [{ alarm = "nat-{node}-down" }] }
      policy = { fence = [{ rung = "isolate", security_group = "sg-0123456789abcdef0" }, { rung = "stop" }] }
    }
  }
}

run "a_node_may_move_its_own_group_and_nothing_else" {
  command = plan

  assert {
    condition = jsonencode(jsondecode(output.node_policies["db"]).Statement) == jsonencode([
      { Sid = "Read", Effect = "Allow", Resource = ["*"], Condition = { StringEquals = { "ec2:Region" = "eu-west-1" } },
      Action = ["ec2:DescribeAddresses", "ec2:DescribeInstanceStatus", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"] },
      { Sid = "MoveElasticIps", Effect = "Allow", Resource = ["arn:aws:ec2:eu-west-1:111122223333:elastic-ip/eipalloc-0123456789abcdef0"], Condition = { StringEquals = { "aws:ResourceTag/failover:group" = ["db"] } }, Action = ["ec2:AssociateAddress"] },
      { Sid = "ChangeInterfaces", Effect = "Allow", Resource = ["arn:aws:ec2:eu-west-1:111122223333:network-interface/*"], Condition = { StringEquals = { "aws:ResourceTag/failover:group" = ["db"] } },
      Action = ["ec2:AssignIpv6Addresses", "ec2:AssignPrivateIpAddresses", "ec2:AssociateAddress", "ec2:AttachNetworkInterface", "ec2:DetachNetworkInterface", "ec2:UnassignIpv6Addresses"] },
      { Sid = "ChangeInstances", Effect = "Allow", Resource = ["arn:aws:ec2:eu-west-1:111122223333:instance/*"], Condition = { StringEquals = { "aws:ResourceTag/failover:group" = ["db"] } }, Action = ["ec2:AttachNetworkInterface", "ec2:DetachNetworkInterface"] },
      { Sid = "LeaseAndJournal", Effect = "Allow", Resource = ["arn:aws:dynamodb:eu-west-1:111122223333:table/demo-failover"], Condition = { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = ["db"] } },
      Action = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"] },
      { Sid = "Notify", Effect = "Allow", Resource = ["arn:aws:sns:eu-west-1:111122223333:demo-failover"], Action = ["sns:Publish"] },
      { Sid = "ReadConfiguration", Effect = "Allow", Resource = ["arn:aws:ssm:eu-west-1:111122223333:parameter/failover/demo"], Action = ["ssm:GetParameter"] },
      { Sid = "Heartbeat", Effect = "Allow", Resource = ["*"], Condition = { StringEquals = { "cloudwatch:namespace" = ["Failover"] } }, Action = ["cloudwatch:PutMetricData"] },
    ])
    error_message = "the policy of the nodes of db is not the least one"
  }
}

run "routes_records_and_fences_are_held_to_ids_and_tags" {
  command = plan

  assert {
    condition     = [for s in jsondecode(output.node_policies["nat"]).Statement : [s.Action, s.Resource] if s.Sid == "MoveRoutes"] == [[["ec2:ReplaceRoute"], ["arn:aws:ec2:eu-west-1:111122223333:route-table/rtb-0123456789abcdef0"]]]
    error_message = "that table only, and no new routes"
  }
  assert {
    condition     = [for s in jsondecode(output.node_policies["nat"]).Statement : s.Condition["ForAllValues:StringEquals"]["route53:ChangeResourceRecordSetsNormalizedRecordNames"] if s.Sid == "MoveRecords"] == [["nat.internal.example.com"]]
    error_message = "that record only, in the normal form of names"
  }
  assert {
    condition     = [for s in jsondecode(output.node_policies["nat"]).Statement : s.Action if s.Sid == "ChangeInstances"] == [["ec2:StopInstances"]]
    error_message = "stopping is allowed because the fence says so"
  }
  assert {
    condition     = [for s in jsondecode(output.node_policies["nat"]).Statement : s.Resource if s.Sid == "Isolate"] == [["arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0123456789abcdef0"]]
    error_message = "that security group only"
  }
  assert {
    condition     = [for s in jsondecode(output.node_policies["nat"]).Statement : s.Resource if s.Sid == "ReadAlarms"] == [["*"]]
    error_message = "a narrower permission shows no composite alarm"
  }
  assert {
    condition     = length(setintersection(toset(flatten([for s in jsondecode(output.node_policies["nat"]).Statement : s.Action])), toset(["ec2:AssociateAddress", "cloudwatch:PutMetricData"]))) == 0
    error_message = "nothing that its group does not need"
  }
}

run "the_function_serves_all_groups_and_only_them" {
  command = plan

  assert {
    condition     = alltrue([for s in jsondecode(output.function_policy).Statement : s.Condition.StringEquals["aws:ResourceTag/failover:group"] == ["db", "nat"] if contains(["MoveElasticIps", "ChangeInterfaces", "ChangeInstances", "Isolate"], s.Sid)])
    error_message = "every change is held to the groups' tags"
  }
  assert {
    condition     = [for s in jsondecode(output.function_policy).Statement : s.Sid if s.Resource == ["*"]] == ["Read", "ReadAlarms"]
    error_message = "only Describe calls are allowed on everything"
  }
  assert {
    condition     = !strcontains(output.function_policy, "ssm:GetParameter") && strcontains(output.function_policy, "sqs:SendMessage")
    error_message = "the function has its configuration inline and may give up events"
  }
  assert {
    condition     = alltrue(flatten([for policy in concat([output.function_policy], values(output.node_policies)) : [for s in jsondecode(policy).Statement : [for a in s.Action : !strcontains(a, "*")]]]))
    error_message = "no action by pattern"
  }
}

run "alarms_are_read_only_where_one_is_probed" {
  command = plan
  variables {
    vpc = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
    groups = { db = {
      nodes = [
        { name = "db-1", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a" },
        { name = "db-2", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b" },
      ]
      addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }]
    } }
  }

  assert {
    condition     = !strcontains(output.function_policy, "DescribeAlarms") && !strcontains(output.node_policies["db"], "DescribeAlarms")
    error_message = "inside the VPC the function probes what the group says, and this one says no alarm"
  }
}

run "policies_in_china_carry_its_partition" {
  command = plan
  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-cn" }
  }

  assert {
    condition     = alltrue(flatten([for policy in concat([output.function_policy], values(output.node_policies)) : [for s in jsondecode(policy).Statement : [for r in s.Resource : r == "*" || startswith(r, "arn:aws-cn:")]]]))
    error_message = "an ARN of another partition"
  }
}

run "policies_in_govcloud_carry_its_partition" {
  command = plan
  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-us-gov" }
  }

  assert {
    condition     = alltrue(flatten([for policy in concat([output.function_policy], values(output.node_policies)) : [for s in jsondecode(policy).Statement : [for r in s.Resource : r == "*" || startswith(r, "arn:aws-us-gov:")]]]))
    error_message = "an ARN of another partition"
  }
}

run "the_function_reads_a_parameter_and_lets_auto_scaling_go_on_only_where_asked_to" {
  command = plan
  variables {
    function_configuration = "parameter"
    autoscaling_groups     = ["db-nodes"]
  }

  assert {
    condition     = [for s in jsondecode(output.function_policy).Statement : s.Resource if s.Sid == "ReadConfiguration"] == [["arn:aws:ssm:eu-west-1:111122223333:parameter/failover/demo/function"]]
    error_message = "its own parameter"
  }
  assert {
    condition     = [for s in jsondecode(output.function_policy).Statement : s.Resource if s.Sid == "LetAutoScalingGoOn"] == [["arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:*:autoScalingGroupName/db-nodes"]]
    error_message = "that Auto Scaling group and no other"
  }
  assert {
    condition     = !strcontains(output.node_policies["db"], "autoscaling:") && !strcontains(output.node_policies["db"], "demo/function")
    error_message = "the nodes have no part in it"
  }
}

run "a_route_may_be_made_only_where_the_group_says_so" {
  command = plan
  variables {
    groups = { nat = {
      nodes = [
        { name = "nat-1", instance = "i-0123456789abcdef2", availability_zone = "eu-west-1a", source_dest_check = false },
        { name = "nat-2", instance = "i-0123456789abcdef3", availability_zone = "eu-west-1b", source_dest_check = false },
      ]
      addresses = [{ kind = "route", destination = "0.0.0.0/0", tables = ["rtb-0123456789abcdef0"], create = true }]
    } }
  }

  assert {
    condition     = [for s in jsondecode(output.node_policies["nat"]).Statement : s.Action if s.Sid == "MoveRoutes"] == [["ec2:CreateRoute", "ec2:ReplaceRoute"]]
    error_message = "create = true needs the right to create"
  }
}

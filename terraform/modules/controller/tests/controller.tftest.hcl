mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name       = "demo"
  lambda_zip = "versions.tf" # any file stands for the zip
  groups = {
    db = {
      nodes = [
        { name = "db-1", instance = "i-0123456789abcdef0", interface = "eni-0123456789abcdef0", availability_zone = "eu-west-1a", subnet_cidr = "10.0.1.0/24" },
        { name = "db-2", instance = "i-0123456789abcdef1", interface = "eni-0123456789abcdef1", availability_zone = "eu-west-1b", subnet_cidr = "10.0.2.0/24" },
      ]
      addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }]
      health    = { probes = [{ tcp = 3306, timeout = "500ms" }, { ec2_status = true }] }
      heartbeat = { namespace = "Failover", metric = "Heartbeat" }
      verify    = { names = ["db.example.com"], through = true, guest = true, resolvers = { inside = ["169.254.169.253"] } }
    }
    nat = {
      nodes = [
        { name = "nat-1", instance = "i-0123456789abcdef2", availability_zone = "eu-west-1a", source_dest_check = false },
        { name = "nat-2", instance = "i-0123456789abcdef3", availability_zone = "eu-west-1b", source_dest_check = false },
      ]
      addresses = [{ kind = "route", destination = "0.0.0.0/0", tables = ["rtb-0123456789abcdef0", "rtb-0123456789abcdef1"] }]
      policy    = { failback = { mode = "auto", stable = "10m" }, fence = [{ rung = "isolate", security_group = "sg-0123456789abcdef0" }, { rung = "stop" }] }
    }
  }
}

run "the_function_is_planned" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.description == "Moves the addresses of db, nat when their holder fails"
    error_message = "it says what it is for"
  }
  assert {
    condition     = aws_lambda_function.this.handler == "handler.handler" && aws_lambda_function.this.architectures == tolist(["arm64"])
    error_message = "the entry of the zip that make lambda builds"
  }
  assert {
    condition     = aws_lambda_function_event_invoke_config.this.maximum_event_age_in_seconds == 900 && aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 2
    error_message = "late events are given up"
  }
  assert {
    condition     = aws_dynamodb_table.state.hash_key == "group" && aws_dynamodb_table.state.range_key == "item" && aws_dynamodb_table.state.ttl[0].attribute_name == "expires"
    error_message = "the keys of lease and journal"
  }
  assert {
    condition     = aws_dynamodb_table.state.billing_mode == "PAY_PER_REQUEST" && aws_dynamodb_table.state.deletion_protection_enabled && aws_dynamodb_table.state.point_in_time_recovery[0].enabled
    error_message = "the table is on demand and hard to lose"
  }
  assert {
    condition     = length(aws_lambda_function.this.vpc_config) == 0 && length(aws_iam_role_policy.vpc) == 0
    error_message = "outside the VPC unless asked"
  }
}

run "alarms_are_planned_for_every_node" {
  command = plan

  assert {
    condition     = toset(keys(aws_cloudwatch_composite_alarm.down)) == toset(["db/db-1", "db/db-2", "nat/nat-1", "nat/nat-2"])
    error_message = "one state per node, for people and for probes"
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.heartbeat)) == toset(["db/db-1", "db/db-2"])
    error_message = "a heartbeat only where one is sent"
  }
  assert {
    condition     = alltrue([for a in values(aws_cloudwatch_metric_alarm.heartbeat) : a.period == 10 && a.treat_missing_data == "breaching"])
    error_message = "silence for 30 s is a failure"
  }
  assert {
    condition     = alltrue([for a in values(aws_cloudwatch_metric_alarm.status) : a.period == 60 && a.evaluation_periods == 2 && a.treat_missing_data == "missing"])
    error_message = "one bad minute is a reboot; a stopped instance has no data"
  }
  assert {
    condition     = aws_cloudwatch_composite_alarm.down["db/db-1"].alarm_rule == "ALARM(\"demo-db-db-1-status\") OR ALARM(\"demo-db-db-1-heartbeat\")"
    error_message = "either of them"
  }
  assert {
    condition     = aws_cloudwatch_composite_alarm.down["nat/nat-1"].alarm_rule == "ALARM(\"demo-nat-nat-1-status\")"
    error_message = "the status alone without a heartbeat"
  }
  assert {
    condition     = toset(keys(aws_lambda_permission.alarm)) == toset(["db/db-1/status", "db/db-2/status", "nat/nat-1/status", "nat/nat-2/status", "db/db-1/heartbeat", "db/db-2/heartbeat"])
    error_message = "each alarm that names an instance may start the function"
  }
  assert {
    condition     = aws_lambda_permission.alarm["db/db-1/heartbeat"].source_arn == "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:demo-db-db-1-heartbeat"
    error_message = "that alarm and no other"
  }
  assert {
    condition     = alltrue([for a in concat(values(aws_cloudwatch_metric_alarm.status), values(aws_cloudwatch_metric_alarm.heartbeat)) : join(",", keys(a.dimensions)) == "InstanceId"])
    error_message = "an alarm names the instance that it is about"
  }
  assert {
    condition     = alltrue([for p in values(aws_lambda_permission.alarm) : p.principal == "lambda.alarms.cloudwatch.amazonaws.com" && p.source_account == "111122223333"])
    error_message = "alarms of this account may start the function"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.controller["silence"].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.controller["silence"].period == 900
    error_message = "a controller that never runs is noticed"
  }
}

run "events_reach_the_function" {
  command = plan

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this["instance-state"].event_pattern).detail.instance-id == ["i-0123456789abcdef0", "i-0123456789abcdef1", "i-0123456789abcdef2", "i-0123456789abcdef3"]
    error_message = "only the nodes' own state changes"
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this["alarm-state"].event_pattern).detail.alarmName == values(output.alarm_names)
    error_message = "only the nodes' own alarms"
  }
  assert {
    condition     = length(jsondecode(aws_cloudwatch_event_rule.this["spot"].event_pattern).detail-type) == 2
    error_message = "both spot notices"
  }
  assert {
    condition     = alltrue([for t in values(aws_cloudwatch_event_target.this) : length(t.dead_letter_config) == 1 && t.retry_policy[0].maximum_event_age_in_seconds == 900])
    error_message = "no event is lost in silence, none is delivered hours late"
  }
  assert {
    condition     = aws_scheduler_schedule.reconcile.schedule_expression == "rate(5 minutes)"
    error_message = "a lost alarm is found by the next look"
  }
}

run "the_configuration_has_the_documented_shape" {
  command = plan

  assert {
    condition     = output.failover_config.version == 1 && output.failover_config.region == "eu-west-1" && output.failover_config.state == { dynamodb = "demo-failover" }
    error_message = "the head"
  }
  assert {
    condition = jsonencode(output.failover_config.groups.db) == jsonencode({
      addresses = [{ id = "eipalloc-0123456789abcdef0", kind = "eip" }]
      health    = { fall = 3, interval = "1s", probes = [{ tcp = 3306, timeout = "500ms" }, "ec2_status"], rise = 2 }
      nodes = [
        { instance = "i-0123456789abcdef0", interface = "eni-0123456789abcdef0", name = "db-1" },
        { instance = "i-0123456789abcdef1", interface = "eni-0123456789abcdef1", name = "db-2" },
      ]
      notify = { sns = "arn:aws:sns:eu-west-1:111122223333:demo-failover" }
      policy = { cooldown = "5m", failback = "manual", fence = [], max_moves = { count = 3, window = "1h" } }
      verify = { guest = true, names = ["db.example.com"], resolvers = { inside = ["169.254.169.253"] }, through = true }
    })
    error_message = "nothing but the keys that were set"
  }
  assert {
    condition     = jsonencode(output.failover_config.groups.nat.policy.failback) == "{\"auto\":{\"stable\":\"10m\"}}"
    error_message = "automatic failback"
  }
  assert {
    condition     = jsonencode(output.lambda_config.groups.db.health.probes) == "[\"ec2_status\",{\"alarm\":\"demo-db-{node}\"}]"
    error_message = "the function outside the VPC asks AWS, not the private address"
  }
  assert {
    condition     = jsonencode(output.lambda_config.groups.db.verify) == "{\"guest\":true}"
    error_message = "the function outside the VPC cannot ask the VPC's resolver; the agent's word it can read"
  }
  assert {
    condition     = jsondecode(aws_lambda_function.this.environment[0].variables.FAILOVER_CONFIG).groups.db.nodes[0].name == "db-1" && jsondecode(aws_ssm_parameter.config.value).groups.db.health.probes[0].tcp == 3306
    error_message = "the function has its configuration inline, the nodes find theirs"
  }
}

run "a_function_that_reads_a_parameter_has_nothing_inline" {
  command = plan
  variables {
    function_configuration = "parameter"
    autoscaling_groups     = ["db-nodes"]
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ FAILOVER_CONFIG_SSM = "/failover/demo/function" })
    error_message = "one place, not two"
  }
  assert {
    condition     = jsondecode(aws_ssm_parameter.function[0].value).groups.db.health.probes[0] == "ec2_status"
    error_message = "the function's own form of the configuration"
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this["lifecycle"].event_pattern).detail.AutoScalingGroupName == ["db-nodes"]
    error_message = "the hooks of that Auto Scaling group start the function"
  }
}

run "alarms_start_the_function_and_tell_people" {
  override_resource {
    target = aws_lambda_function.this
    values = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:demo-failover" }
  }
  override_resource {
    target = aws_sns_topic.this
    values = { arn = "arn:aws:sns:eu-west-1:111122223333:demo-failover" }
  }

  assert {
    condition     = alltrue([for a in concat(values(aws_cloudwatch_metric_alarm.status), values(aws_cloudwatch_metric_alarm.heartbeat)) : a.alarm_actions == toset(["arn:aws:lambda:eu-west-1:111122223333:function:demo-failover"])])
    error_message = "status and heartbeat start the function"
  }
  assert {
    condition     = alltrue([for a in values(aws_cloudwatch_composite_alarm.down) : a.alarm_actions == toset(["arn:aws:sns:eu-west-1:111122223333:demo-failover"]) && a.ok_actions == a.alarm_actions])
    error_message = "one message per node for people, when it is down and when it is back"
  }
}

run "the_queue_takes_what_its_own_rules_give_up" {
  assert {
    condition = jsondecode(aws_sqs_queue_policy.dead_letters.policy).Statement[0].Condition == {
      StringEquals = { "aws:SourceAccount" = "111122223333" }
      ArnEquals    = { "aws:SourceArn" = [for name in ["alarm-state", "instance-state", "spot"] : "arn:aws:events:eu-west-1:111122223333:rule/demo-failover-${name}"] }
    }
    error_message = "no other rule of the account writes into it"
  }
}

run "many_groups_are_counted_where_their_names_are_too_many_to_describe_the_function" {
  command = plan
  variables {
    function_configuration = "parameter"
    groups = { for i in range(9) : "a-group-with-a-long-name-${i}" => {
      nodes = [
        { name = "a", instance = "i-0123456789abcdef0", availability_zone = "eu-west-1a" },
        { name = "b", instance = "i-0123456789abcdef1", availability_zone = "eu-west-1b" },
      ]
      addresses = [{ kind = "eip", id = "eipalloc-0123456789abcdef0" }]
    } }
  }

  assert {
    condition     = aws_lambda_function.this.description == "Moves the addresses of 9 groups when their holder fails"
    error_message = "Lambda takes 256 characters"
  }
}

run "a_function_in_the_vpc_probes_as_the_nodes_do" {
  command = plan
  variables {
    vpc = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = jsonencode(output.lambda_config.groups.db.health.probes) == jsonencode(output.failover_config.groups.db.health.probes)
    error_message = "the same probes"
  }
  assert {
    condition     = jsonencode(output.lambda_config.groups.db.verify) == jsonencode(output.failover_config.groups.db.verify)
    error_message = "the same proof"
  }
  assert {
    condition     = contains(jsondecode(aws_iam_role_policy.vpc[0].policy).Statement[0].Action, "ec2:CreateNetworkInterface") && length(aws_lambda_function.this.vpc_config) == 1
    error_message = "Lambda may make its interfaces"
  }
  assert {
    condition     = [for s in jsondecode(aws_iam_role_policy.vpc[0].policy).Statement : s.Condition.ArnEquals["lambda:SourceFunctionArn"] if s.Effect == "Deny"] == ["arn:aws:lambda:eu-west-1:111122223333:function:demo-failover", "arn:aws:lambda:eu-west-1:111122223333:function:demo-failover"]
    error_message = "the function's own code may not do what Lambda may"
  }
}

locals {
  instance_ids = distinct([for n in local.nodes : n.instance])

  rules = merge({
    instance-state = {
      description = "A node stops, terminates or comes back"
      pattern = {
        source      = ["aws.ec2"]
        detail-type = ["EC2 Instance State-change Notification"]
        detail = {
          instance-id = local.instance_ids
          state       = ["running", "stopping", "stopped", "shutting-down", "terminated"]
        }
      }
    }
    spot = {
      description = "AWS is about to take a spot node back"
      pattern = {
        source      = ["aws.ec2"]
        detail-type = ["EC2 Spot Instance Interruption Warning", "EC2 Instance Rebalance Recommendation"]
        detail      = { instance-id = local.instance_ids }
      }
    }
    alarm-state = {
      description = "The alarm of a node changes, back to OK as well: a second way beside the alarm's own action"
      pattern = {
        source      = ["aws.cloudwatch"]
        detail-type = ["CloudWatch Alarm State Change"]
        detail      = { alarmName = values(local.starting_alarms) }
      }
    }
    }, length(var.autoscaling_groups) == 0 ? {} : {
    lifecycle = {
      description = "Auto Scaling starts or ends a node and waits"
      pattern = {
        source      = ["aws.autoscaling"]
        detail-type = ["EC2 Instance-launch Lifecycle Action", "EC2 Instance-terminate Lifecycle Action"]
        detail      = { AutoScalingGroupName = sort(var.autoscaling_groups) }
      }
    }
  })
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.rules

  name          = "${var.name}-failover-${each.key}"
  description   = each.value.description
  event_pattern = jsonencode(each.value.pattern)
  tags          = var.tags

  lifecycle {
    precondition {
      condition     = length(jsonencode(each.value.pattern)) <= 2048
      error_message = "The event pattern of ${each.key} would be longer than the 2,048 characters that EventBridge takes: split the groups over two controllers."
    }
  }
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.rules

  rule = aws_cloudwatch_event_rule.this[each.key].name
  arn  = aws_lambda_function.this.arn

  retry_policy {
    maximum_event_age_in_seconds = var.event_age_seconds
    maximum_retry_attempts       = 4
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }
}

resource "aws_lambda_permission" "rule" {
  for_each = local.rules

  function_name  = aws_lambda_function.this.function_name
  action         = "lambda:InvokeFunction"
  principal      = "events.amazonaws.com"
  source_account = local.account
  source_arn     = aws_cloudwatch_event_rule.this[each.key].arn
}

resource "aws_scheduler_schedule" "reconcile" {
  #checkov:skip=CKV_AWS_297:Its input holds the names of groups, no secret.
  name                = "${var.name}-failover-reconcile"
  description         = "Looks at every group without being asked: what a lost alarm would have said"
  schedule_expression = "rate(${var.reconcile_minutes} minutes)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.this.arn
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ source = "failover.reconcile", groups = keys(var.groups) })

    retry_policy {
      maximum_event_age_in_seconds = 60 * var.reconcile_minutes
      maximum_retry_attempts       = 1
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }
  }
}

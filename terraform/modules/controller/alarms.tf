locals {
  # Their names by node and kind.
  starting_alarms = merge(
    { for key, n in local.nodes : "${key}/status" => "${var.name}-${n.group}-${n.name}-status" },
    { for key, n in local.with_heartbeat : "${key}/heartbeat" => "${var.name}-${n.group}-${n.name}-heartbeat" },
  )

  with_heartbeat = { for key, n in local.nodes : key => n if var.groups[n.group].heartbeat != null }
}

resource "aws_cloudwatch_metric_alarm" "status" {
  for_each = local.nodes

  alarm_name          = "${var.name}-${each.value.group}-${each.value.name}-status"
  alarm_description   = "EC2 reports ${each.value.name} of ${each.value.group} impaired"
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed"
  dimensions          = { InstanceId = each.value.instance }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  alarm_actions       = [aws_lambda_function.this.arn]
  tags                = var.tags

  # A stopped instance has no status. Its state change comes as an event of its own.
  treat_missing_data = "missing"
}

resource "aws_cloudwatch_metric_alarm" "heartbeat" {
  for_each = local.with_heartbeat

  alarm_name          = "${var.name}-${each.value.group}-${each.value.name}-heartbeat"
  alarm_description   = "${each.value.name} of ${each.value.group} has not said for 30 s that its service works"
  namespace           = var.groups[each.value.group].heartbeat.namespace
  metric_name         = var.groups[each.value.group].heartbeat.metric
  dimensions          = { InstanceId = each.value.instance }
  statistic           = "SampleCount"
  period              = 10
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_lambda_function.this.arn]
  tags                = var.tags
}

# One message for people, and one state to probe. It names no instance, so the alarms below it start the function.
resource "aws_cloudwatch_composite_alarm" "down" {
  for_each = local.nodes

  alarm_name        = "${var.name}-${each.value.group}-${each.value.name}"
  alarm_description = "${each.value.name} of ${each.value.group} is down"
  alarm_actions     = [aws_sns_topic.this.arn]
  ok_actions        = [aws_sns_topic.this.arn]
  tags              = var.tags

  alarm_rule = join(" OR ", concat(
    ["ALARM(\"${aws_cloudwatch_metric_alarm.status[each.key].alarm_name}\")"],
    [for a in [try(aws_cloudwatch_metric_alarm.heartbeat[each.key].alarm_name, null)] : "ALARM(\"${a}\")" if a != null],
  ))
}

# CloudWatch drops the invocation silently when this permission is missing.
resource "aws_lambda_permission" "alarm" {
  for_each = local.starting_alarms

  function_name  = aws_lambda_function.this.function_name
  action         = "lambda:InvokeFunction"
  principal      = "lambda.alarms.cloudwatch.amazonaws.com"
  source_account = local.account
  source_arn     = "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${each.value}"
}

# Who watches the watcher: errors, events that nobody handled, and no run at all.
resource "aws_cloudwatch_metric_alarm" "controller" {
  for_each = {
    errors       = { namespace = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = local.function_name }, operator = "GreaterThanThreshold", threshold = 0, missing = "notBreaching", minutes = 5, text = "A run of the controller failed" }
    silence      = { namespace = "AWS/Lambda", metric = "Invocations", dimensions = { FunctionName = local.function_name }, operator = "LessThanThreshold", threshold = 1, missing = "breaching", minutes = 3 * var.reconcile_minutes, text = "The controller has not run for three of its intervals" }
    dead-letters = { namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = aws_sqs_queue.dead_letters.name }, operator = "GreaterThanThreshold", threshold = 0, missing = "notBreaching", minutes = 5, text = "An event was given up" }
  }

  alarm_name          = "${var.name}-failover-${each.key}"
  alarm_description   = each.value.text
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = "Sum"
  period              = 60 * each.value.minutes
  evaluation_periods  = 1
  comparison_operator = each.value.operator
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
  tags                = var.tags
}

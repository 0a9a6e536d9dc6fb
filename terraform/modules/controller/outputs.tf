output "failover_config" {
  description = "The configuration: `terraform output -json failover_config > failover.json`, then `failover config check failover.json`."
  value       = local.config
}

output "lambda_config" {
  description = "The configuration of the function: the same, but outside the VPC it judges nodes by AWS's status checks and alarms."
  value       = local.lambda_config
}

output "configuration_parameter" {
  description = "Name of the SSM parameter that the nodes read."
  value       = local.parameter_name
}

output "node_policies" {
  description = "IAM policy of the nodes of each group."
  value       = { for g in keys(var.groups) : g => local.policies["node/${g}"] }

  precondition {
    condition     = alltrue([for g in keys(var.groups) : length(local.policies["node/${g}"]) <= 10240])
    error_message = "The policy of the nodes of a group would be longer than the 10,240 characters that a role takes: spread its addresses over two groups."
  }
}

output "function_policy" {
  description = "IAM policy of the function."
  value       = local.policies["function"]
}

output "function_name" {
  description = "Name of the Lambda function."
  value       = aws_lambda_function.this.function_name
}

output "topic_arn" {
  description = "ARN of the topic that tells of moves, holds and faults."
  value       = aws_sns_topic.this.arn
}

output "alarm_names" {
  description = "Names of the alarms that start a failover, by group, node and kind: for drills with SetAlarmState."
  value       = local.starting_alarms
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "${var.name}-failover"

  dashboard_body = jsonencode({
    widgets = [
      {
        type = "alarm", x = 0, y = 0, width = 24, height = 4
        properties = {
          title  = "Nodes and controller"
          alarms = concat([for a in aws_cloudwatch_composite_alarm.down : a.arn], [for a in aws_cloudwatch_metric_alarm.controller : a.arn])
        }
      },
      {
        type = "metric", x = 0, y = 4, width = 12, height = 6
        properties = {
          title   = "Status checks failed"
          region  = local.region
          view    = "timeSeries"
          stat    = "Maximum"
          period  = 60
          metrics = [for key, n in local.nodes : ["AWS/EC2", "StatusCheckFailed", "InstanceId", n.instance, { label = key }]]
        }
      },
      {
        type = "metric", x = 12, y = 4, width = 12, height = 6
        properties = {
          title  = "Controller"
          region = local.region
          view   = "timeSeries"
          stat   = "Sum"
          period = 300
          metrics = [
            ["AWS/Lambda", "Invocations", "FunctionName", local.function_name],
            ["AWS/Lambda", "Errors", "FunctionName", local.function_name],
            ["AWS/Lambda", "Duration", "FunctionName", local.function_name, { stat = "Maximum" }],
          ]
        }
      },
    ]
  })
}

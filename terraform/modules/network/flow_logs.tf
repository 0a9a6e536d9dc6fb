locals {
  flow_logs = var.flow_log_retention_days > 0 ? 1 : 0
  flow_log_arn = join(":", ["arn", data.aws_partition.current.partition, "logs",
  data.aws_region.current.region, data.aws_caller_identity.current.account_id, "log-group", "/vpc/${var.name}/flow"])
}

resource "aws_cloudwatch_log_group" "flow" {
  #checkov:skip=CKV_AWS_158:Logs are encrypted with a key of the service; a key of one's own is one more thing that can fail.
  #checkov:skip=CKV_AWS_338:The default is a year; who shortens it says so.
  count = local.flow_logs

  name              = "/vpc/${var.name}/flow"
  retention_in_days = var.flow_log_retention_days
  tags              = var.tags
}

resource "aws_flow_log" "this" {
  count = local.flow_logs

  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  log_destination_type     = "cloud-watch-logs"
  log_destination          = aws_cloudwatch_log_group.flow[0].arn
  iam_role_arn             = aws_iam_role.flow[0].arn
  max_aggregation_interval = 60
  tags                     = merge(var.tags, { Name = var.name })

  depends_on = [aws_iam_role_policy.flow]
}

resource "aws_iam_role" "flow" {
  count = local.flow_logs

  name_prefix = "${substr(var.name, 0, 26)}-flow-"
  description = "Writes the flow logs of ${var.name}"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "flow" {
  count = local.flow_logs

  name = "write-flow-logs"
  role = aws_iam_role.flow[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      Resource = ["${local.flow_log_arn}:*"]
    }]
  })
}

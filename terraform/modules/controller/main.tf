data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition     = data.aws_partition.current.partition
  region        = data.aws_region.current.region
  account       = data.aws_caller_identity.current.account_id
  function_name = "${var.name}-failover"
  group_names   = join(", ", keys(var.groups))
  function_arn  = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${local.function_name}"

  probed_ports = { for name, g in var.groups : name => distinct([for p in g.health.probes :
    p.tcp != null ? p.tcp : tonumber(try(regex("^(?:https?://)?:([0-9]+)", p.http)[0], 0)) if p.tcp != null || p.http != null
  ]) }

  closed_ports = flatten([for name, g in var.groups : [for port in local.probed_ports[name] : [for n in g.nodes : [for from in n.reach :
    "${port} of ${n.name} from ${from.node}" if !alltrue([for rules in [from.ingress, from.egress] : anytrue([for r in rules : r.from_port <= port && port <= r.to_port])])
  ]]]])

  nodes = merge([for group, g in var.groups : { for n in g.nodes : "${group}/${n.name}" => merge(n, { group = group }) }]...)
}

resource "aws_cloudwatch_log_group" "function" {
  #checkov:skip=CKV_AWS_158:Logs are encrypted with a key of the service; a key of one's own is one more thing that can fail.
  #checkov:skip=CKV_AWS_338:The default is a year; who shortens it says so.
  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_115:A reservation needs a hundred unreserved executions left, and the lease already lets only one run move a group.
  #checkov:skip=CKV_AWS_117:Outside the VPC it depends on no subnet of the zone that fails; attach it with the variable vpc where it must probe.
  #checkov:skip=CKV_AWS_173:The environment holds ids and names, no secret.
  #checkov:skip=CKV_AWS_272:The zip is built reproducibly from this tree and sent as it is.
  function_name = local.function_name
  description   = "Moves the addresses of ${length(local.group_names) <= 200 ? local.group_names : "${length(var.groups)} groups"} when their holder fails"
  role          = aws_iam_role.function.arn

  filename         = var.lambda_zip
  source_code_hash = filebase64sha256(var.lambda_zip)
  handler          = "handler.handler"
  runtime          = var.runtime
  architectures    = ["arm64"]
  memory_size      = var.memory_mib
  timeout          = var.timeout_seconds

  environment {
    # Inline where it fits: reading it from elsewhere is a call more between the alarm and a cold function's move.
    variables = { for k, v in {
      FAILOVER_CONFIG     = local.function_reads_parameter ? null : jsonencode(local.lambda_config)
      FAILOVER_CONFIG_SSM = local.function_reads_parameter ? local.function_parameter_name : null
    } : k => v if v != null }
  }

  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.function.name
  }

  tracing_config {
    mode = "PassThrough"
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = length(local.closed_ports) == 0
      error_message = "The security groups block probes, so every node would look dead: ${join("; ", local.closed_ports)}. Let the port in on the role of the service interface, and out of the role of the interface that the probe leaves by (the one in the same subnet, else the first)."
    }
    precondition {
      condition     = local.function_reads_parameter ? true : local.sizes.sized.environment > 4096 ? false : local.sizes.real.environment <= 4096
      error_message = "The configuration is too long for the function's environment (4 KB): set function_configuration = \"parameter\", or split the groups over two controllers."
    }
  }

  depends_on = [aws_iam_role_policy.function, aws_iam_role_policy.vpc]
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_event_age_in_seconds = var.event_age_seconds
  maximum_retry_attempts       = var.retries

  # The topic gets the response too, and a person; the queue keeps the event.
  destination_config {
    on_failure {
      destination = aws_sns_topic.this.arn
    }
  }
}

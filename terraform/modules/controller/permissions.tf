# What the function and the nodes may do, from the actions that the moves declare (actions.json, `make iam`).
# A statement for each resource type: a condition key that a type lacks would make its statement never match.
locals {
  actions = jsondecode(file("${path.module}/actions.json"))
  ec2_arn = "arn:${local.partition}:ec2:${local.region}:${local.account}"

  # The function serves all groups, a node its own.
  scopes = merge({ function = keys(var.groups) }, { for g in keys(var.groups) : "node/${g}" => [g] })

  scope_addresses = { for scope, groups in local.scopes : scope => flatten([for g in groups : var.groups[g].addresses]) }
  scope_kinds     = { for scope, addresses in local.scope_addresses : scope => distinct([for a in addresses : a.kind]) }

  scope_reads = { for scope, groups in local.scopes : scope => sort(distinct(concat(
    flatten([for kind in local.scope_kinds[scope] : local.actions.moves[kind].reads]),
    flatten([for g in groups : [for p in var.groups[g].health.probes : local.actions.probes.ec2_status if p.ec2_status == true || scope == "function"]]),
  ))) }

  # A route is made only where the configuration says that a missing one may be.
  scope_creates = { for scope, addresses in local.scope_addresses : scope => anytrue([for a in addresses : a.create == true]) }

  scope_writes = { for scope, groups in local.scopes : scope => sort(distinct(concat(
    [for a in flatten([for kind in local.scope_kinds[scope] : local.actions.moves[kind].writes]) : a if a != "ec2:CreateRoute" || local.scope_creates[scope]],
    flatten([for g in groups : [for f in var.groups[g].policy.fence : local.actions.fence[f.rung]]]),
  ))) }

  # The actions of a scope by the type of the resource that must allow them.
  scope_by_type = { for scope, writes in local.scope_writes : scope => {
    for type in distinct(flatten(values(local.actions.resources))) : type => [
      for a in concat(writes, [for r in local.scope_reads[scope] : r if startswith(r, "route53:")]) : a if contains(local.actions.resources[a], type)
    ]
  } }

  scope_ids = { for scope, addresses in local.scope_addresses : scope => {
    elastic-ip  = [for a in addresses : "${local.ec2_arn}:elastic-ip/${a.id}" if a.kind == "eip"]
    route-table = distinct(flatten([for a in addresses : [for t in coalesce(a.tables, []) : "${local.ec2_arn}:route-table/${t}"]]))
    hostedzone  = distinct([for a in addresses : "arn:${local.partition}:route53:::hostedzone/${a.zone}" if a.kind == "dns"])
    records     = distinct([for a in addresses : trimsuffix(lower(a.name), ".") if a.kind == "dns"])
    isolation   = distinct(flatten([for g in local.scopes[scope] : [for f in var.groups[g].policy.fence : "${local.ec2_arn}:security-group/${f.security_group}" if f.rung == "isolate"]]))
  } }

  own_group = { for scope, groups in local.scopes : scope => { StringEquals = { "aws:ResourceTag/failover:group" = groups } } }

  # A group that probes an alarm, and the function outside the VPC, which judges by the composite alarm of each node.
  scope_alarms = { for scope, groups in local.scopes : scope => anytrue(concat(
    [scope == "function" && var.vpc == null],
    flatten([for g in groups : [for p in var.groups[g].health.probes : p.alarm != null]]),
  )) }

  statements = { for scope, groups in local.scopes : scope => [
    {
      Sid       = "Read"
      Action    = [for a in local.scope_reads[scope] : a if startswith(a, "ec2:")]
      Resource  = ["*"]
      Condition = { StringEquals = { "ec2:Region" = local.region } }
    },
    {
      Sid       = "MoveElasticIps"
      Action    = local.scope_by_type[scope]["elastic-ip"]
      Resource  = local.scope_ids[scope].elastic-ip
      Condition = local.own_group[scope]
    },
    {
      Sid       = "ChangeInterfaces"
      Action    = local.scope_by_type[scope]["network-interface"]
      Resource  = ["${local.ec2_arn}:network-interface/*"]
      Condition = local.own_group[scope]
    },
    {
      Sid       = "ChangeInstances"
      Action    = local.scope_by_type[scope]["instance"]
      Resource  = ["${local.ec2_arn}:instance/*"]
      Condition = local.own_group[scope]
    },
    {
      Sid       = "Isolate"
      Action    = local.scope_by_type[scope]["security-group"]
      Resource  = local.scope_ids[scope].isolation
      Condition = local.own_group[scope]
    },
    {
      # Neither the destination nor the target of a route can be constrained: the table is all there is.
      Sid       = "MoveRoutes"
      Action    = local.scope_by_type[scope]["route-table"]
      Resource  = local.scope_ids[scope].route-table
      Condition = { StringEquals = { "ec2:Region" = local.region } }
    },
    {
      Sid       = "ReadRecords"
      Action    = [for a in local.scope_by_type[scope].hostedzone : a if a != "route53:ChangeResourceRecordSets"]
      Resource  = local.scope_ids[scope].hostedzone
      Condition = {}
    },
    {
      Sid       = "MoveRecords"
      Action    = [for a in local.scope_by_type[scope].hostedzone : a if a == "route53:ChangeResourceRecordSets"]
      Resource  = local.scope_ids[scope].hostedzone
      Condition = { "ForAllValues:StringEquals" = { "route53:ChangeResourceRecordSetsNormalizedRecordNames" = local.scope_ids[scope].records } }
    },
    {
      Sid       = "FollowRecords"
      Action    = local.scope_by_type[scope].change
      Resource  = ["arn:${local.partition}:route53:::change/*"]
      Condition = {}
    },
    {
      # The table's partition key is the group: nobody touches another group's lease. A transaction needs the right
      # of each of its parts.
      Sid       = "LeaseAndJournal"
      Action    = local.actions.state
      Resource  = ["arn:${local.partition}:dynamodb:${local.region}:${local.account}:table/${local.table_name}"]
      Condition = { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = groups } }
    },
    {
      # CloudWatch tells of composite alarms only whom it lets read all alarms: "You can't return information about
      # composite alarms if your cloudwatch:DescribeAlarms permission has a narrower scope" (API reference, DescribeAlarms).
      Sid       = "ReadAlarms"
      Action    = local.scope_alarms[scope] ? local.actions.probes.alarm : []
      Resource  = ["*"]
      Condition = {}
    },
    {
      Sid       = "Notify"
      Action    = ["sns:Publish"]
      Resource  = [local.topic_arn]
      Condition = {}
    },
    {
      Sid       = "Log"
      Action    = scope == "function" ? ["logs:CreateLogStream", "logs:PutLogEvents"] : []
      Resource  = ["arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${local.function_name}:*"]
      Condition = {}
    },
    {
      Sid       = "GiveUpEvents"
      Action    = scope == "function" ? ["sqs:SendMessage"] : []
      Resource  = ["arn:${local.partition}:sqs:${local.region}:${local.account}:${var.name}-failover-dead-letters"]
      Condition = {}
    },
    {
      Sid       = "ReadConfiguration"
      Action    = scope == "function" && !local.function_reads_parameter ? [] : ["ssm:GetParameter"]
      Resource  = ["arn:${local.partition}:ssm:${local.region}:${local.account}:parameter${scope == "function" ? local.function_parameter_name : local.parameter_name}"]
      Condition = {}
    },
    {
      Sid       = "LetAutoScalingGoOn"
      Action    = scope == "function" && length(var.autoscaling_groups) > 0 ? ["autoscaling:CompleteLifecycleAction"] : []
      Resource  = [for name in sort(var.autoscaling_groups) : "arn:${local.partition}:autoscaling:${local.region}:${local.account}:autoScalingGroup:*:autoScalingGroupName/${name}"]
      Condition = {}
    },
    {
      Sid       = "Heartbeat"
      Action    = scope != "function" && anytrue([for g in groups : var.groups[g].heartbeat != null]) ? ["cloudwatch:PutMetricData"] : []
      Resource  = ["*"]
      Condition = { StringEquals = { "cloudwatch:namespace" = [for g in groups : var.groups[g].heartbeat.namespace if var.groups[g].heartbeat != null] } }
    },
  ] }

  policies = { for scope, statements in local.statements : scope => jsonencode({
    Version = "2012-10-17"
    Statement = [for s in statements : merge(
      { Sid = s.Sid, Effect = "Allow", Action = s.Action, Resource = s.Resource },
      { for k, v in { Condition = s.Condition } : k => v if length(v) > 0 },
    ) if length(s.Action) > 0]
  }) }
}

resource "aws_iam_role" "function" {
  name_prefix = "${substr(var.name, 0, 24)}-failover-"
  description = "The failover function of ${var.name}"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "function" {
  #checkov:skip=CKV_AWS_355:Describe calls know no resource; they are held to this Region.
  #checkov:skip=CKV_AWS_290:Writes are held to the group's tag or to ids.
  name   = "failover"
  role   = aws_iam_role.function.id
  policy = local.policies["function"]

  lifecycle {
    precondition {
      condition     = sum([for p in concat([local.policies["function"]], aws_iam_role_policy.vpc[*].policy) : length(p)]) <= 10240
      error_message = "The function's policies would be longer than the 10,240 characters that a role takes: split the groups over two controllers."
    }
  }
}

# The interfaces of a function inside the VPC. Lambda makes them in the function's name, so the role must allow it on
# everything, private addresses included; what the code itself asks for is held to its groups all the same. (AWS's own
# AWSLambdaVPCAccessExecutionRole would let the code put any private address on any interface.)
resource "aws_iam_role_policy" "vpc" {
  #checkov:skip=CKV_AWS_355:Lambda's interfaces have no name before they are there; they are held to this Region.
  #checkov:skip=CKV_AWS_290:Lambda's interfaces bear no tag of ours; the function's own code is denied what is not tagged.
  count = var.vpc == null ? 0 : 1

  name = "attach-to-the-vpc"
  role = aws_iam_role.function.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LambdaAttachesTheFunction"
        Effect    = "Allow"
        Action    = ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"]
        Resource  = ["*"]
        Condition = { StringEquals = { "ec2:Region" = local.region } }
      },
      {
        Sid       = "NotItsCode"
        Effect    = "Deny"
        Action    = ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"]
        Resource  = ["*"]
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.function_arn } }
      },
      {
        Sid      = "ItsCodeInItsGroups"
        Effect   = "Deny"
        Action   = ["ec2:AssignPrivateIpAddresses"]
        Resource = ["*"]
        Condition = {
          ArnEquals       = { "lambda:SourceFunctionArn" = local.function_arn }
          StringNotEquals = { "aws:ResourceTag/failover:group" = keys(var.groups) }
        }
      },
    ]
  })
}

resource "aws_iam_role" "scheduler" {
  name_prefix = "${substr(var.name, 0, 24)}-schedule-"
  description = "Starts the failover function of ${var.name} at intervals"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  name = "start-the-function"
  role = aws_iam_role.scheduler.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = [aws_lambda_function.this.arn] },
      { Effect = "Allow", Action = ["sqs:SendMessage"], Resource = [aws_sqs_queue.dead_letters.arn] },
    ]
  })
}

# The configuration of DESIGN: objects lose their empty keys, because an unknown or empty key is a fault there.
locals {
  # The same groups with ids as long as AWS's own, or a little shorter, so that a first plan can tell the size.
  sized_groups = { for name, g in var.groups : name => merge(g, {
    nodes = [for n in g.nodes : merge(n, { instance = "i-0123456789abcdef0", interface = null })]

    addresses = [for a in g.addresses : merge(a, {
      availability_zone = null
      id                = a.kind == "eip" ? "eipalloc-0123456789abcdef0" : a.kind == "eni" ? "eni-0123456789abcdef0" : null
      private_ip        = a.private_ip == null ? null : { for node in keys(a.private_ip) : node => "10.0.0.4" }
      address           = a.kind == "ipv6" ? "2600:1f18::5" : a.address
      tables            = a.tables == null ? null : [for _ in a.tables : "rtb-0123456789abcdef0"]
      zone              = a.kind == "dns" ? "Z0123456789ABC" : null
    })]

    policy = merge(g.policy, { fence = [for f in g.policy.fence : merge(f, { security_group = "sg-0123456789abcdef0" })] })
  }) }

  rendered = { for which, groups in { real = var.groups, sized = local.sized_groups } : which => { for name, g in groups : name => {
    nodes = [for n in g.nodes : { for k, v in { name = n.name, instance = n.instance, interface = n.interface } : k => v if v != null }]

    addresses = [for a in g.addresses : { for k, v in a : k => v if v != null && k != "availability_zone" }]

    policy = {
      failback = jsondecode(g.policy.failback.mode != "auto" ? jsonencode(g.policy.failback.mode) : jsonencode({
        auto = { for k in ["stable", "window"] : k => g.policy.failback[k] if g.policy.failback[k] != null }
      }))
      cooldown  = g.policy.cooldown
      max_moves = g.policy.max_moves
      fence     = [for f in g.policy.fence : jsondecode(f.rung == "isolate" ? jsonencode({ isolate = f.security_group }) : jsonencode(f.rung))]
    }

    notify = { sns = local.topic_arn }
  } } }

  health = { for name, g in var.groups : name => merge(
    { for k, v in g.health : k => v if v != null && k != "probes" },
    { probes = [for p in g.health.probes : jsondecode(p.ec2_status == true ? jsonencode("ec2_status") : jsonencode({ for k, v in p : k => v if v != null && k != "ec2_status" }))] },
  ) }

  verify = { for name, g in var.groups : name => merge(
    { for k, v in g.verify : k => v if v != null && k != "resolvers" },
    g.verify.resolvers == null ? {} : { resolvers = { for k, v in g.verify.resolvers : k => v if v != null } },
  ) }

  # Outside the VPC the function cannot reach a private address: it judges by what AWS says of each node. Nor
  # can it ask the VPC's resolver or probe through the address: it verifies on the API and by the word of the target's
  # agent, the watchers verify the rest.
  lambda_health = { for name, g in var.groups : name => merge(local.health[name], {
    probes = jsondecode(var.vpc != null ? jsonencode(local.health[name].probes) : jsonencode(["ec2_status", { alarm = "${var.name}-${name}-{node}" }]))
  }) }
  lambda_verify = { for name, v in local.verify : name => { for k, x in v : k => x if var.vpc != null || contains(["timeout", "guest"], k) } }

  config_head = {
    version = 1
    region  = local.region
    state   = { dynamodb = local.table_name }
  }

  configs = { for which, groups in local.rendered : which => {
    nodes    = merge(local.config_head, { groups = { for name, g in groups : name => merge(g, { health = local.health[name], verify = local.verify[name] }) } })
    function = merge(local.config_head, { groups = { for name, g in groups : name => merge(g, { health = local.lambda_health[name], verify = local.lambda_verify[name] }) } })
  } }

  config        = local.configs.real.nodes
  lambda_config = local.configs.real.function

  # Lambda measures its environment as JSON, in which each quote of a value counts twice.
  sizes = { for which, c in local.configs : which => {
    parameter   = length(jsonencode(c.nodes))
    environment = length(jsonencode({ FAILOVER_CONFIG = jsonencode(c.function) }))
  } }
}

# The nodes read it when they start: only then are all instance ids known.
resource "aws_ssm_parameter" "config" {
  #checkov:skip=CKV2_AWS_34:It holds ids and names, no secret; a key would be one more thing that must work at boot.
  name        = local.parameter_name
  description = "Configuration of the failover toolkit"
  type        = "String"
  tier        = "Intelligent-Tiering"
  value       = jsonencode(local.config)
  tags        = var.tags

  lifecycle {
    precondition {
      condition     = local.sizes.sized.parameter > 8000 ? false : local.sizes.real.parameter <= 8000
      error_message = "The configuration is too long for an SSM parameter (8 KB): split the groups over two controllers."
    }
  }
}

resource "aws_ssm_parameter" "function" {
  #checkov:skip=CKV2_AWS_34:It holds ids and names, no secret; a key would be one more thing that must work when a node fails.
  count = local.function_reads_parameter ? 1 : 0

  name        = local.function_parameter_name
  description = "Configuration of the failover function"
  type        = "String"
  tier        = "Intelligent-Tiering"
  value       = jsonencode(local.lambda_config)
  tags        = var.tags
}

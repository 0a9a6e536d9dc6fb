# Network ACLs keep no state: what may come in must be let out again, and the reverse.
# 32768-65535 are the ports from which Linux opens connections.
locals {
  reply_ports = { from_port = 32768, to_port = 65535 }

  acl_sources = merge({ ipv4 = "0.0.0.0/0" }, var.ipv6 ? { ipv6 = "::/0" } : {})

  acl_public_in = flatten([for family, cidr in local.acl_sources : [for r in var.public_ingress :
    merge(r, { family = family, cidr = cidr })
  ]])

  acl_replies_in = flatten([for family, cidr in local.acl_sources : [for protocol in ["tcp", "udp"] :
    merge(local.reply_ports, { protocol = protocol, family = family, cidr = cidr })
  ]])

  acl_within = concat(
    [for cidr in concat([var.cidr], var.trusted_networks) : { protocol = "-1", from_port = 0, to_port = 0, family = "ipv4", cidr = cidr }],
    var.ipv6 ? [{ protocol = "-1", from_port = 0, to_port = 0, family = "ipv6", cidr = aws_vpc.this.ipv6_cidr_block }] : [],
  )

  acl_anything_out = [for family, cidr in local.acl_sources :
    { protocol = "-1", from_port = 0, to_port = 0, family = family, cidr = cidr }
  ]

  # S3 and DynamoDB behind gateway endpoints have public addresses, which an ACL cannot name by prefix list.
  acl_https_out = [for family, cidr in local.acl_sources :
    { protocol = "tcp", from_port = 443, to_port = 443, family = family, cidr = cidr }
  ]

  acls = {
    public  = { in = concat(local.acl_within, local.acl_public_in, local.acl_replies_in), out = local.acl_anything_out }
    private = { in = concat(local.acl_within, local.acl_replies_in), out = local.acl_anything_out }
    data    = { in = concat(local.acl_within, local.acl_replies_in), out = concat(local.acl_within, local.acl_https_out) }
  }

  acl_rules = merge(flatten([for tier in local.tiers : [for direction, rules in local.acls[tier] : {
    for i, r in rules : "${tier}/${direction}/${100 + 10 * i}" => merge(r, {
      tier   = tier
      egress = direction == "out"
      number = 100 + 10 * i
    })
  }]])...)
}

resource "aws_network_acl" "this" {
  for_each = local.tiers

  vpc_id     = aws_vpc.this.id
  subnet_ids = [for name, s in var.subnets : aws_subnet.this[name].id if s.tier == each.key]
  tags       = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_network_acl_rule" "this" {
  for_each = local.acl_rules

  network_acl_id  = aws_network_acl.this[each.value.tier].id
  rule_number     = each.value.number
  egress          = each.value.egress
  rule_action     = "allow"
  protocol        = each.value.protocol
  from_port       = each.value.from_port
  to_port         = each.value.to_port
  cidr_block      = each.value.family == "ipv4" ? each.value.cidr : null
  ipv6_cidr_block = each.value.family == "ipv6" ? each.value.cidr : null
}

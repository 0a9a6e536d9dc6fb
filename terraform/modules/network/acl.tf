# Network ACLs keep no state: what may come in must be let out again, and the reverse.
locals {
  acl_sources = merge({ ipv4 = { cidr = "0.0.0.0/0", offset = 0 } }, var.ipv6 ? { ipv6 = { cidr = "::/0", offset = 1 } } : {})

  # Each kind has numbers of its own, so that a rule more does not renumber, and for a moment drop, the others.
  acl_within = concat(
    [{ number = 100, protocol = "-1", from_port = 0, to_port = 0, family = "ipv4", cidr = var.cidr }],
    var.ipv6 ? [{ number = 101, protocol = "-1", from_port = 0, to_port = 0, family = "ipv6", cidr = aws_vpc.this.ipv6_cidr_block }] : [],
    [for i, cidr in var.trusted_networks : { number = 110 + i, protocol = "-1", from_port = 0, to_port = 0, family = "ipv4", cidr = cidr }],
  )

  acl_public_in = flatten([for family, source in local.acl_sources : [for i, r in var.public_ingress :
    merge(r, { number = 200 + 2 * i + source.offset, protocol = r.protocol == "icmpv6" ? "58" : r.protocol, family = family, cidr = source.cidr })
    if r.protocol != (family == "ipv4" ? "icmpv6" : "icmp")
  ]])

  acl_replies_in = flatten([for family, source in local.acl_sources : [for i, protocol in ["tcp", "udp"] :
    merge(var.reply_ports, { number = 300 + 2 * i + source.offset, protocol = protocol, family = family, cidr = source.cidr })
  ]])

  # Routers on the way say so when a packet is too big for them: without it, path MTU discovery fails in silence.
  acl_too_big_in = [for family, source in local.acl_sources : merge(
    family == "ipv4" ? { protocol = "icmp", icmp_type = 3, icmp_code = 4 } : { protocol = "58", icmp_type = 2, icmp_code = -1 },
    { number = 350 + source.offset, family = family, cidr = source.cidr },
  )]

  acl_anything_out = [for family, source in local.acl_sources :
    { number = 400 + source.offset, protocol = "-1", from_port = 0, to_port = 0, family = family, cidr = source.cidr }
  ]

  # S3 and DynamoDB behind gateway endpoints have public addresses, which an ACL cannot name by prefix list.
  acl_https_out = [for family, source in local.acl_sources :
    { number = 400 + source.offset, protocol = "tcp", from_port = 443, to_port = 443, family = family, cidr = source.cidr }
  ]

  acls = {
    public  = { in = concat(local.acl_within, local.acl_public_in, local.acl_replies_in, local.acl_too_big_in), out = local.acl_anything_out }
    private = { in = concat(local.acl_within, local.acl_replies_in, local.acl_too_big_in), out = local.acl_anything_out }
    data    = { in = concat(local.acl_within, local.acl_replies_in, local.acl_too_big_in), out = concat(local.acl_within, local.acl_https_out) }
  }

  acl_rules = merge(flatten([for tier in local.tiers : [for direction, rules in local.acls[tier] : {
    for r in rules : "${tier}/${direction}/${r.number}" => merge(r, { tier = tier, egress = direction == "out" })
  }]])...)
}

resource "aws_network_acl" "this" {
  for_each = local.tiers

  vpc_id     = aws_vpc.this.id
  subnet_ids = [for name, s in var.subnets : aws_subnet.this[name].id if s.tier == each.key]
  tags       = merge(var.tags, { Name = "${var.name}-${each.key}" })

  lifecycle {
    precondition {
      condition     = alltrue([for rules in values(local.acls[each.key]) : length(rules) + length(local.acl_sources) <= var.acl_rule_quota])
      error_message = "The network ACL of the ${each.key} tier would have more rules in one direction than the quota of ${var.acl_rule_quota}, the closing ones included: join ports to ranges, or have the quota raised and say so by acl_rule_quota."
    }
  }
}

resource "aws_network_acl_rule" "this" {
  for_each = local.acl_rules

  network_acl_id  = aws_network_acl.this[each.value.tier].id
  rule_number     = each.value.number
  egress          = each.value.egress
  rule_action     = "allow"
  protocol        = each.value.protocol
  from_port       = try(each.value.from_port, null)
  to_port         = try(each.value.to_port, null)
  icmp_type       = contains(["icmp", "58"], each.value.protocol) ? try(each.value.icmp_type, -1) : null
  icmp_code       = contains(["icmp", "58"], each.value.protocol) ? try(each.value.icmp_code, -1) : null
  cidr_block      = each.value.family == "ipv4" ? each.value.cidr : null
  ipv6_cidr_block = each.value.family == "ipv6" ? each.value.cidr : null
}

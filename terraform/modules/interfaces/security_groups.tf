resource "aws_security_group" "role" {
  #checkov:skip=CKV2_AWS_5:Attached to the interfaces of its role, by a map that the scan cannot follow.
  for_each = var.roles

  name        = "${var.name}-${each.key}"
  description = each.value.description
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, local.group_tags, { Name = "${var.name}-${each.key}", "failover:role" = each.key })
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = { for key, r in local.rules : key => r if r.direction == "ingress" }

  security_group_id            = aws_security_group.role[each.value.owner].id
  description                  = each.value.description
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.from_port
  to_port                      = each.value.to_port
  cidr_ipv4                    = each.value.cidr_ipv4
  cidr_ipv6                    = each.value.cidr_ipv6
  referenced_security_group_id = each.value.role == null ? null : aws_security_group.role[each.value.role].id
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = { for key, r in local.rules : key => r if r.direction == "egress" }

  security_group_id            = aws_security_group.role[each.value.owner].id
  description                  = each.value.description
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.from_port
  to_port                      = each.value.to_port
  cidr_ipv4                    = each.value.cidr_ipv4
  cidr_ipv6                    = each.value.cidr_ipv6
  referenced_security_group_id = each.value.role == null ? null : aws_security_group.role[each.value.role].id
}

# Without rules nothing comes in and nothing goes out: the fence `isolate` puts a failed node behind it.
resource "aws_security_group" "isolation" {
  #checkov:skip=CKV2_AWS_5:Attached by the fence, to the interface of a failed node.
  name        = "${var.name}-isolation"
  description = "No traffic at all, for fenced nodes"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, local.group_tags, { Name = "${var.name}-isolation", "failover:role" = "isolation" })
}

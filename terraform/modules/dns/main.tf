locals {
  made     = { for key, z in var.zones : key => z if z.id == null }
  zone_ids = { for key, z in var.zones : key => z.id == null ? aws_route53_zone.this[key].zone_id : z.id }
}

resource "aws_route53_zone" "this" {
  #checkov:skip=CKV2_AWS_38:A private zone cannot be signed; sign a public one where its parent is signed.
  #checkov:skip=CKV2_AWS_39:Query logs tell every client's names; turn them on where someone reads them.
  for_each = local.made

  name    = each.value.domain
  comment = "Names of the failover group ${var.group}"
  tags    = var.tags

  dynamic "vpc" {
    for_each = each.value.vpc_ids

    content {
      vpc_id = vpc.value
    }
  }

  lifecycle {
    # Other stacks may add their VPCs.
    ignore_changes = [vpc]
  }
}

resource "aws_route53_record" "cname" {
  for_each = var.cnames

  zone_id = local.zone_ids[each.value.zone]
  name    = each.key
  type    = "CNAME"
  ttl     = each.value.ttl
  records = [each.value.target]
}

# Made once. What it answers from then on is the failover's.
resource "aws_route53_record" "floating" {
  #checkov:skip=CKV2_AWS_23:It answers the address of a node, which the failover writes.
  for_each = var.floating_records

  zone_id = local.zone_ids[each.value.zone]
  name    = each.key
  type    = "A"
  ttl     = each.value.ttl
  records = [each.value.first_address]

  lifecycle {
    ignore_changes = [records, ttl]
  }
}

locals {
  group_tags = { "failover:group" = var.group }

  routes = merge([for name, r in var.overlay_routes : {
    for table, id in r.route_table_ids : "${name}/${table}" => {
      table_id     = id
      destination  = r.destination
      interface_id = r.first_interface_id
    }
  }]...)
}

# Terraform keeps the address; the failover decides where it is. Nothing here says which node holds it.
resource "aws_eip" "this" {
  #checkov:skip=CKV2_AWS_19:The failover associates it; an association here would move it back at the next apply.
  for_each = var.elastic_ips

  domain = "vpc"
  tags   = merge(var.tags, local.group_tags, { Name = "${var.name}-${each.key}" })

  lifecycle {
    ignore_changes  = [instance, network_interface, associate_with_private_ip]
    prevent_destroy = true
  }
}

# The MAC and the addresses live as long as this interface does: a licence may be bound to them.
resource "aws_network_interface" "floating" {
  for_each = var.floating_interfaces

  subnet_id         = each.value.subnet.id
  description       = "${var.name} ${each.key}, moves between nodes"
  security_groups   = each.value.security_group_ids
  source_dest_check = each.value.source_dest_check
  private_ips       = each.value.private_ip == null ? null : [each.value.private_ip]
  tags              = merge(var.tags, local.group_tags, { Name = "${var.name}-${each.key}" })

  lifecycle {
    ignore_changes  = [attachment, private_ips, private_ips_count, ipv6_addresses, ipv6_address_count]
    prevent_destroy = true
  }
}

resource "aws_route" "overlay" {
  for_each = local.routes

  route_table_id              = each.value.table_id
  destination_cidr_block      = strcontains(each.value.destination, ":") ? null : each.value.destination
  destination_ipv6_cidr_block = strcontains(each.value.destination, ":") ? each.value.destination : null
  network_interface_id        = each.value.interface_id

  lifecycle {
    ignore_changes = [network_interface_id]
  }
}

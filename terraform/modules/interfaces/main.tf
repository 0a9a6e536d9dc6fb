locals {
  group_tags = { "failover:group" = var.group }

  # Every fixed or floating IPv4 address with the subnet that must contain it.
  placed = concat(
    flatten([for name, i in var.interfaces : [for ip in concat(i.private_ip == null ? [] : [i.private_ip], i.secondary_private_ips) :
      { owner = "interface ${name}", address = ip, cidr = i.subnet.cidr }
    ]]),
    [for name, f in var.floating_private_ips : { owner = "floating address ${name}", address = f.address, cidr = f.subnet.cidr }],
  )

  misplaced = [for p in local.placed : "${p.address} of ${p.owner} is not in ${p.cidr}"
    if try(cidrhost("${p.address}/${split("/", p.cidr)[1]}", 0) != cidrhost(p.cidr, 0), true)
  ]

  kept_by_aws = [for p in local.placed : "${p.address} of ${p.owner}"
    if try(contains([cidrhost(p.cidr, 0), cidrhost(p.cidr, 1), cidrhost(p.cidr, 2), cidrhost(p.cidr, 3), cidrhost(p.cidr, -1)], p.address), false)
  ]

  addresses_twice = [for address, owners in { for p in local.placed : p.address => p.owner... } :
    "${address} (${join(", ", owners)})" if length(owners) > 1
  ]

  # What a role lets in and out over TCP, for the modules that know which ports are probed.
  tcp = { for role, r in var.roles : role => { for direction in ["ingress", "egress"] : direction => [for rule in r[direction] :
    { from_port = coalesce(rule.from_port, 0), to_port = coalesce(rule.to_port, 65535), cidr_ipv4 = rule.cidr_ipv4, role = rule.role } if contains(["tcp", "-1"], rule.protocol)
  ] } }

  rules = merge([for direction in ["ingress", "egress"] : merge([for role, r in var.roles : {
    for i, rule in r[direction] : "${role}/${direction}/${i}" => merge(rule, { owner = role, direction = direction })
  }]...)]...)
}

resource "aws_network_interface" "this" {
  for_each = var.interfaces

  subnet_id               = each.value.subnet.id
  description             = "${var.name} ${each.key}"
  security_groups         = [aws_security_group.role[each.value.role].id]
  source_dest_check       = each.value.source_dest_check
  private_ip_list_enabled = each.value.private_ip != null
  private_ip_list         = each.value.private_ip == null ? null : concat([each.value.private_ip], each.value.secondary_private_ips)
  ipv6_address_count      = each.value.ipv6_address_count > 0 ? each.value.ipv6_address_count : null

  tags = merge(var.tags, each.value.movable ? local.group_tags : {}, {
    Name            = "${var.name}-${each.key}"
    "failover:role" = each.value.role
  })

  # An interface whose address AWS chooses may otherwise draw the one that is about to be reserved.
  depends_on = [aws_ec2_subnet_cidr_reservation.floating, aws_ec2_subnet_cidr_reservation.floating_ipv6]

  lifecycle {
    # A failover adds and takes secondary addresses, a fence replaces the security groups or detaches.
    ignore_changes = [
      attachment, private_ips, private_ips_count, private_ip_list, private_ip_list_enabled,
      ipv6_addresses, ipv6_address_count, ipv6_address_list, security_groups,
    ]

    precondition {
      condition     = length(local.misplaced) == 0
      error_message = "These addresses lie outside their subnet: ${join("; ", local.misplaced)}."
    }
    precondition {
      condition     = length(local.kept_by_aws) == 0
      error_message = "AWS keeps the first four addresses and the last one of each subnet for itself: ${join("; ", local.kept_by_aws)}."
    }
    precondition {
      condition     = length(local.addresses_twice) == 0
      error_message = "These addresses are given twice: ${join("; ", local.addresses_twice)}."
    }
  }
}

resource "aws_ec2_subnet_cidr_reservation" "floating" {
  for_each = var.floating_private_ips

  subnet_id        = each.value.subnet.id
  cidr_block       = "${each.value.address}/32"
  reservation_type = "explicit"
  description      = "${var.group}: ${each.key} moves between nodes"
}

resource "aws_ec2_subnet_cidr_reservation" "floating_ipv6" {
  for_each = var.floating_ipv6

  subnet_id        = each.value.subnet.id
  cidr_block       = "${cidrhost(each.value.subnet.ipv6_cidr, each.value.host)}/128"
  reservation_type = "explicit"
  description      = "${var.group}: ${each.key} moves between nodes"
}

# Arithmetic on IPv4 blocks, and the faults that it finds.
locals {
  blocks = [for name in sort(keys(var.subnets)) : {
    name = name
    cidr = var.subnets[name].cidr
    first = sum([for i, octet in split(".", split("/", var.subnets[name].cidr)[0]) :
    tonumber(octet) * pow(256, 3 - i)])
    size = pow(2, 32 - tonumber(split("/", var.subnets[name].cidr)[1]))
  }]

  overlaps = flatten([for i, a in local.blocks : [for j, b in local.blocks :
    "${a.name} (${a.cidr}) and ${b.name} (${b.cidr})"
    if i < j && a.first < b.first + b.size && b.first < a.first + a.size
  ]])

  vpc_prefix = tonumber(split("/", var.cidr)[1])
  outside = [for b in local.blocks : "${b.name} (${b.cidr})"
    if tonumber(split("/", b.cidr)[1]) < local.vpc_prefix
  || cidrhost("${split("/", b.cidr)[0]}/${local.vpc_prefix}", 0) != cidrhost(var.cidr, 0)]

  # Not a position in a list: a subnet more must not renumber the others.
  ipv6_index = { for name, s in var.subnets : name => coalesce(s.ipv6_index, tonumber(split(".", s.cidr)[2])) }
  ipv6_twice = [for index, names in { for name, i in local.ipv6_index : tostring(i) => name... } : join(" and ", names) if length(names) > 1]

  endpoint_zones = { for name in var.interface_endpoint_subnets : try(var.subnets[name].availability_zone, name) => name... }
  endpoint_twice = [for zone, names in local.endpoint_zones : "${join(" and ", names)} in ${zone}" if length(names) > 1]

  has_internet_gateway = coalesce(var.internet_gateway, contains(local.tiers, "public"))
  tiers                = toset([for s in values(var.subnets) : s.tier])

  # One table for each tier and zone: an overlay route can then be moved for all of them or for one.
  route_tables = { for s in values(var.subnets) : "${s.tier}-${s.availability_zone}" => s.tier... }
}

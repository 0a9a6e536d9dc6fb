# Which TCP ports stand open from one node to the service interface of another, as far as the security groups of the
# module interfaces tell: the controller refuses a probe that they would block.
locals {
  service = { for name, n in var.nodes : name => n.interfaces[n.service_device] }

  # A packet leaves by the interface in the subnet of its target, where there is one, else by the first.
  sources = { for name, target in local.service : name => { for other, n in var.nodes :
    other => concat([for i in n.interfaces : i if i.subnet_cidr == target.subnet_cidr], n.interfaces)[0] if other != name
  } }

  # Each rule of one end beside the other end that it must let through.
  judged = { for name, target in local.service : name => { for other, source in local.sources[name] : other => {
    ingress = [for r in target.tcp.ingress : merge(r, { peer_role = source.role, peer_cidr = source.subnet_cidr })]
    egress  = [for r in source.tcp.egress : merge(r, { peer_role = target.role, peer_cidr = target.subnet_cidr })]
  } if target.tcp != null && source.tcp != null } }

  # Blocks that overlap count as open: which of its addresses an interface has may not be known yet.
  reach = { for name, others in local.judged : name => [for other, rules in others : merge({ node = other }, {
    for direction, listed in rules : direction => [for r in listed : { from_port = r.from_port, to_port = r.to_port }
      if r.role != null ? r.role == r.peer_role : try(
        cidrhost("${split("/", r.cidr_ipv4)[0]}/${min(split("/", r.cidr_ipv4)[1], split("/", r.peer_cidr)[1])}", 0)
        == cidrhost("${split("/", r.peer_cidr)[0]}/${min(split("/", r.cidr_ipv4)[1], split("/", r.peer_cidr)[1])}", 0), false
      )
    ]
  })] }
}

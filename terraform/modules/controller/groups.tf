variable "groups" {
  description = "Failover groups by name: nodes in order of preference (module node), addresses (modules addresses, interfaces, dns), and how health is judged. single_zone accepts that all nodes of a group that could span zones stand in one."
  type = map(object({
    nodes = list(object({
      name              = string
      instance          = string
      interface         = optional(string)
      availability_zone = string
      subnet_cidr       = optional(string)
      source_dest_check = optional(bool)
      reach = optional(list(object({
        node    = string
        ingress = list(object({ from_port = number, to_port = number }))
        egress  = list(object({ from_port = number, to_port = number }))
      })), [])
    }))
    addresses = list(object({
      kind              = string
      id                = optional(string)
      private_ip        = optional(map(string))
      address           = optional(string)
      device_index      = optional(number)
      availability_zone = optional(string)
      destination       = optional(string)
      tables            = optional(list(string))
      zone              = optional(string)
      name              = optional(string)
      ttl               = optional(number)
      public            = optional(bool)
      create            = optional(bool)
    }))
    single_zone = optional(bool, false)
    health = optional(object({
      interval = optional(string, "1s")
      fall     = optional(number, 3)
      rise     = optional(number, 2)
      any      = optional(bool)
      anchors  = optional(list(string))
      probes = optional(list(object({
        tcp        = optional(number)
        http       = optional(string)
        expect     = optional(number)
        contains   = optional(string)
        tls_name   = optional(string)
        command    = optional(list(string))
        ec2_status = optional(bool)
        alarm      = optional(string)
        timeout    = optional(string)
      })), [{ ec2_status = true }])
    }), {})
    policy = optional(object({
      failback  = optional(object({ mode = string, stable = optional(string), window = optional(string) }), { mode = "manual" })
      cooldown  = optional(string, "5m")
      max_moves = optional(object({ count = number, window = string }), { count = 3, window = "1h" })
      fence     = optional(list(object({ rung = string, security_group = optional(string) })), [])
    }), {})
    verify = optional(object({
      names     = optional(list(string))
      resolvers = optional(object({ inside = optional(list(string)), outside = optional(list(string)) }))
      through   = optional(bool)
      guest     = optional(bool)
      timeout   = optional(string)
    }), {})
    heartbeat = optional(object({ namespace = string, metric = string }))
  }))
  nullable = false

  validation {
    condition     = length(var.groups) > 0
    error_message = "groups is empty: there is nothing to fail over."
  }

  validation {
    condition     = alltrue([for name, _ in var.groups : can(regex("^[a-z][a-z0-9-]{0,30}$", name))])
    error_message = "A group's name must be 1 to 31 lower-case letters, digits and hyphens, and begin with a letter."
  }

  validation {
    condition     = alltrue([for g in values(var.groups) : length(g.nodes) >= 2])
    error_message = "A group needs at least two nodes: one to hold the addresses, one to take them."
  }

  validation {
    condition     = alltrue([for g in values(var.groups) : length(distinct([for n in g.nodes : n.name])) == length(g.nodes) && alltrue([for n in g.nodes : can(regex("^[a-z][a-z0-9-]*$", n.name))])])
    error_message = "Each node of a group needs a name of its own, of lower-case letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for g in values(var.groups) : length(g.addresses) > 0])
    error_message = "A group needs at least one address to move."
  }

  validation {
    condition     = alltrue(flatten([for g in values(var.groups) : [for a in g.addresses : contains(["eip", "private_ip", "ipv6", "eni", "route", "dns"], a.kind)]]))
    error_message = "The kind of an address must be eip, private_ip, ipv6, eni, route or dns."
  }

  validation {
    condition = alltrue(flatten([for g in values(var.groups) : [for a in g.addresses :
      a.kind == "eip" || a.kind == "eni" ? a.id != null :
      a.kind == "private_ip" || a.kind == "ipv6" ? a.address != null :
      a.kind == "route" ? a.destination != null && a.tables != null :
      a.kind == "dns" ? a.zone != null && a.name != null : true
    ]]))
    error_message = "An address lacks what its kind needs: eip and eni an id, private_ip and ipv6 an address, route a destination and tables, dns a zone and a name."
  }

  validation {
    condition = alltrue(flatten([for g in values(var.groups) : [for a in g.addresses :
      length(setsubtract(keys(coalesce(a.private_ip, {})), [for n in g.nodes : n.name])) == 0
    ]]))
    error_message = "private_ip of an Elastic IP names a node that is not in its group."
  }

  validation {
    condition = alltrue(flatten([for g in values(var.groups) : [for a in g.addresses : [for n in g.nodes :
      n.subnet_cidr == null ? true : try(cidrhost("${a.private_ip[n.name]}/${split("/", n.subnet_cidr)[1]}", 0) == cidrhost(n.subnet_cidr, 0), false)
      if contains(keys(coalesce(a.private_ip, {})), n.name)
    ]]]))
    error_message = "private_ip of an Elastic IP gives a node an address outside that node's subnet, so the node cannot have it."
  }

  validation {
    condition = alltrue(flatten([for g in values(var.groups) : [for a in g.addresses :
      alltrue([for n in g.nodes : n.availability_zone == coalesce(a.availability_zone, g.nodes[0].availability_zone)]) if a.kind == "eni"
    ]]))
    error_message = "A network interface lives in one availability zone: all nodes of its group must stand in that zone. To fail over between zones, move an Elastic IP, a route or a name."
  }

  validation {
    condition = alltrue(flatten([for g in values(var.groups) : [for a in g.addresses : [for n in g.nodes :
      n.subnet_cidr == null ? true : try(cidrhost("${a.address}/${split("/", n.subnet_cidr)[1]}", 0) == cidrhost(n.subnet_cidr, 0), false)
    ] if a.kind == "private_ip"]]))
    error_message = "A node stands outside the subnet of a private address of its group, so it could never take it: put all nodes into that subnet, or move a route or an Elastic IP instead."
  }

  validation {
    condition = alltrue(flatten([for g in values(var.groups) : [for a in g.addresses :
      length(distinct([for n in g.nodes : coalesce(n.subnet_cidr, "-")])) == 1 if a.kind == "ipv6"
    ]]))
    error_message = "An IPv6 address stays in its subnet: all nodes of its group must stand in one subnet."
  }

  validation {
    condition = alltrue([for g in values(var.groups) :
      g.single_zone || anytrue([for a in g.addresses : contains(["eni", "private_ip", "ipv6"], a.kind)]) || length(distinct([for n in g.nodes : n.availability_zone])) > 1
    ])
    error_message = "All nodes of a group stand in one availability zone, although its addresses could move between zones: spread them over two, or say single_zone = true."
  }

  validation {
    condition = alltrue(flatten([for g in values(var.groups) : [for n in g.nodes : n.source_dest_check != true
    if anytrue([for a in g.addresses : a.kind == "route"])]]))
    error_message = "A node that takes a route must have the source/destination check of its service interface off: set source_dest_check = false."
  }

  validation {
    condition = alltrue(flatten([for g in values(var.groups) : [for p in g.health.probes :
      length([for x in [p.tcp, p.http, p.command, p.alarm] : true if x != null]) + (p.ec2_status == true ? 1 : 0) == 1
    ]]))
    error_message = "A probe must be exactly one of tcp, http, command, ec2_status and alarm."
  }

  validation {
    condition     = alltrue([for g in values(var.groups) : g.health.fall >= 1 && g.health.rise >= 1 && length(g.health.probes) > 0])
    error_message = "health needs at least one probe, and fall and rise of 1 or more."
  }

  validation {
    condition = alltrue(flatten([for g in values(var.groups) : [for d in concat(
      [g.health.interval, g.policy.cooldown, g.policy.max_moves.window, g.verify.timeout, g.policy.failback.stable],
      [for p in g.health.probes : p.timeout]) : d == null ? true : can(regex("^[0-9]+([.][0-9]+)?(ms|s|m|h)$", d))
    ]]))
    error_message = "A time must be a number with its unit, such as 500ms, 10s, 5m or 1h."
  }

  validation {
    condition     = alltrue([for g in values(var.groups) : contains(["manual", "auto", "never"], g.policy.failback.mode) && g.policy.max_moves.count >= 1])
    error_message = "failback.mode must be manual, auto or never, and max_moves.count 1 or more."
  }

  validation {
    condition = alltrue(flatten([for g in values(var.groups) : [for f in g.policy.fence :
      contains(["detach", "isolate", "stop"], f.rung) && (f.rung != "isolate" || f.security_group != null)
    ]]))
    error_message = "A rung of fence must be detach, isolate (with its security_group) or stop."
  }
}

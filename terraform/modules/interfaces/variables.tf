variable "name" {
  description = "Prefix of the names of everything made here."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name))
    error_message = "name must be 2 to 31 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "group" {
  description = "The failover group whose addresses these interfaces may carry."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.group))
    error_message = "group must be 1 to 31 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "vpc_id" {
  description = "Id of the VPC."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.vpc_id) > 0
    error_message = "vpc_id is empty: give the id of the VPC that holds the interfaces."
  }
}

variable "roles" {
  description = "Security groups by role, such as management, service and data. A rule names one peer: a block, or a role of this map."
  type = map(object({
    description = string
    ingress = optional(list(object({
      description = string
      protocol    = string
      from_port   = optional(number)
      to_port     = optional(number)
      cidr_ipv4   = optional(string)
      cidr_ipv6   = optional(string)
      role        = optional(string)
    })), [])
    egress = optional(list(object({
      description = string
      protocol    = string
      from_port   = optional(number)
      to_port     = optional(number)
      cidr_ipv4   = optional(string)
      cidr_ipv6   = optional(string)
      role        = optional(string)
    })), [{ description = "HTTPS to the AWS APIs", protocol = "tcp", from_port = 443, to_port = 443, cidr_ipv4 = "0.0.0.0/0" }])
  }))
  nullable = false

  validation {
    condition = alltrue(flatten([for role in values(var.roles) : [for r in concat(role.ingress, role.egress) :
      length([for peer in [r.cidr_ipv4, r.cidr_ipv6, r.role] : peer if peer != null]) == 1
    ]]))
    error_message = "A rule of a role must name exactly one peer: cidr_ipv4, cidr_ipv6 or role."
  }

  validation {
    condition = alltrue(flatten([for role in values(var.roles) : [for r in concat(role.ingress, role.egress) :
      r.role == null ? true : contains(keys(var.roles), r.role)
    ]]))
    error_message = "A rule names a role that is not in roles."
  }

  validation {
    condition = alltrue(flatten([for role in values(var.roles) : [for r in concat(role.ingress, role.egress) :
      contains(["tcp", "udp"], r.protocol) == (r.from_port != null && r.to_port != null)
    ]]))
    error_message = "A rule for tcp or udp needs from_port and to_port; one for another protocol has neither."
  }

  validation {
    condition = alltrue([for r in try(var.roles["management"].ingress, []) :
      !contains(["0.0.0.0/0", "::/0"], coalesce(r.cidr_ipv4, r.cidr_ipv6, "-"))
    ])
    error_message = "The management role is open to the whole internet: name the networks that administer the nodes."
  }
}

variable "interfaces" {
  description = "Interfaces by name. private_ip is the primary address (null: AWS chooses), secondary_private_ips stay with the interface; movable says whether a failover may put addresses on it or detach it."
  type = map(object({
    subnet                = object({ id = string, cidr = string, availability_zone = string })
    role                  = string
    private_ip            = optional(string)
    secondary_private_ips = optional(list(string), [])
    ipv6_address_count    = optional(number, 0)
    source_dest_check     = optional(bool, true)
    movable               = optional(bool, true)
  }))
  nullable = false

  validation {
    condition     = alltrue([for name, _ in var.interfaces : length(trimspace(name)) > 0])
    error_message = "An interface has an empty name."
  }

  validation {
    condition     = alltrue([for i in values(var.interfaces) : contains(keys(var.roles), i.role)])
    error_message = "An interface has a role that is not in roles."
  }

  validation {
    condition     = alltrue([for i in values(var.interfaces) : length(i.secondary_private_ips) == 0 || i.private_ip != null])
    error_message = "An interface with secondary_private_ips needs its private_ip too: otherwise it is chance which is the primary one."
  }
}

variable "floating_private_ips" {
  description = "Secondary private addresses that a failover moves, by name. They are reserved in their subnet and put on no interface here."
  type = map(object({
    subnet  = object({ id = string, cidr = string })
    address = string
  }))
  default  = {}
  nullable = false
}

variable "floating_ipv6" {
  description = "IPv6 addresses that a failover moves, by name: the host number within the subnet's /64, above 4."
  type = map(object({
    subnet = object({ id = string, ipv6_cidr = string })
    host   = number
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for f in values(var.floating_ipv6) : f.host > 4 && f.host == floor(f.host)])
    error_message = "host in floating_ipv6 must be a whole number above 4: AWS keeps the first addresses of each subnet."
  }
}

variable "tags" {
  description = "Tags put on everything."
  type        = map(string)
  default     = {}
  nullable    = false
}

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
  description = "The failover group that moves these addresses."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.group))
    error_message = "group must be 1 to 31 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "elastic_ips" {
  description = "Elastic IPs by name. private_ips: the private address per node that it is put on (null: the primary one)."
  type = map(object({
    private_ips = optional(map(string))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name, _ in var.elastic_ips : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "Each Elastic IP needs a name of lower-case letters, digits and hyphens that begins with a letter."
  }
}

variable "floating_interfaces" {
  description = "Interfaces that move as a whole, with MAC and addresses, by name. device_index null: the lowest free one."
  type = map(object({
    subnet             = object({ id = string, cidr = string, availability_zone = string })
    private_ip         = optional(string)
    security_group_ids = list(string)
    source_dest_check  = optional(bool, true)
    device_index       = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name, _ in var.floating_interfaces : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "Each floating interface needs a name of lower-case letters, digits and hyphens that begins with a letter."
  }

  validation {
    condition = alltrue([for f in values(var.floating_interfaces) :
      f.private_ip == null ? true : try(cidrhost("${f.private_ip}/${split("/", f.subnet.cidr)[1]}", 0) == cidrhost(f.subnet.cidr, 0), false)
    ])
    error_message = "The private_ip of a floating interface lies outside its subnet."
  }

  validation {
    condition     = alltrue([for f in values(var.floating_interfaces) : coalesce(f.device_index, 1) >= 1])
    error_message = "The device_index of a floating interface must be 1 or more: device 0 cannot be detached."
  }

  validation {
    condition     = alltrue([for f in values(var.floating_interfaces) : length(f.security_group_ids) >= 1 && length(f.security_group_ids) <= 5])
    error_message = "A floating interface needs one to five security groups."
  }
}

variable "vpc_cidr" {
  description = "IPv4 block of the VPC, which overlay routes must lie outside of. Needed for overlay_routes."
  type        = string
  default     = null

  validation {
    condition     = var.vpc_cidr == null ? true : can(cidrnetmask(var.vpc_cidr))
    error_message = "vpc_cidr must be an IPv4 block, such as 10.0.0.0/16."
  }
}

variable "overlay_routes" {
  description = "Routes that a failover moves, by name: the destination, every table that clients use (by a name of your choice), and the interface they lead to until the first failover."
  type = map(object({
    destination        = string
    route_table_ids    = map(string)
    first_interface_id = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for r in values(var.overlay_routes) : try(cidrhost(r.destination, 0) == split("/", r.destination)[0], false)])
    error_message = "The destination of an overlay route must be a block that begins at its first address, such as 10.99.0.10/32."
  }

  validation {
    condition = alltrue([for r in values(var.overlay_routes) : strcontains(r.destination, ":") || try(
      tonumber(split("/", r.destination)[1]) < tonumber(split("/", var.vpc_cidr)[1]) ||
      cidrhost("${split("/", r.destination)[0]}/${split("/", var.vpc_cidr)[1]}", 0) != cidrhost(var.vpc_cidr, 0),
    true)])
    error_message = "The destination of an overlay route must lie outside the VPC's own block: AWS routes inside it by itself."
  }

  validation {
    condition     = length(var.overlay_routes) == 0 || var.vpc_cidr != null
    error_message = "overlay_routes needs vpc_cidr, the block of the VPC, such as 10.0.0.0/16."
  }

  validation {
    condition     = alltrue([for r in values(var.overlay_routes) : length(r.route_table_ids) > 0])
    error_message = "An overlay route needs at least one route table, and really needs every table that its clients use."
  }
}

variable "tags" {
  description = "Tags put on everything."
  type        = map(string)
  default     = {}
  nullable    = false
}

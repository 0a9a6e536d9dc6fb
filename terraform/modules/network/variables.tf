variable "name" {
  description = "Name of the network; the prefix of everything in it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name))
    error_message = "name must be 2 to 31 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "cidr" {
  description = "IPv4 block of the VPC."
  type        = string
  nullable    = false

  validation {
    condition     = try(cidrhost(var.cidr, 0) == split("/", var.cidr)[0], false)
    error_message = "cidr must be an IPv4 block that begins at its first address, such as 10.0.0.0/16."
  }

  validation {
    condition     = try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 28, false)
    error_message = "cidr must be between /16 and /28: AWS allows nothing else for a VPC."
  }
}

variable "subnets" {
  description = "Subnets by name. tier is public (route to the internet gateway), private or data (no route out of its own). ipv6_index: which /64 of the VPC's /56; null: the third number of cidr."
  type = map(object({
    tier              = string
    availability_zone = string
    cidr              = string
    ipv6_index        = optional(number)
  }))
  nullable = false

  validation {
    condition     = length(var.subnets) > 0
    error_message = "subnets is empty: a failover needs at least one subnet to put its nodes in."
  }

  validation {
    condition     = alltrue([for name, _ in var.subnets : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "Each subnet needs a name of lower-case letters, digits and hyphens that begins with a letter."
  }

  validation {
    condition     = alltrue([for s in values(var.subnets) : contains(["public", "private", "data"], s.tier)])
    error_message = "The tier of a subnet must be public, private or data."
  }

  validation {
    condition     = alltrue([for s in values(var.subnets) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$", s.availability_zone))])
    error_message = "The availability_zone of a subnet must be a zone's name, such as eu-west-1a."
  }

  validation {
    condition     = alltrue([for s in values(var.subnets) : try(cidrhost(s.cidr, 0) == split("/", s.cidr)[0], false)])
    error_message = "The cidr of a subnet must be an IPv4 block that begins at its first address, such as 10.0.1.0/24."
  }

  validation {
    condition     = alltrue([for s in values(var.subnets) : try(contains(range(16, 29), tonumber(split("/", s.cidr)[1])), false)])
    error_message = "The cidr of a subnet must be between /16 and /28: AWS allows nothing else."
  }

  validation {
    condition     = alltrue([for s in values(var.subnets) : s.ipv6_index == null ? true : contains(range(256), s.ipv6_index)])
    error_message = "The ipv6_index of a subnet must be a whole number from 0 to 255."
  }
}

variable "ipv6" {
  description = "Whether the network is dual stack: an Amazon-provided /56, one /64 for each subnet."
  type        = bool
  default     = false
  nullable    = false
}

variable "internet_gateway" {
  description = "Whether there is an internet gateway; null: when there is a public subnet. An Elastic IP needs one in the VPC even where no route leads to it."
  type        = bool
  default     = null
}

variable "public_ingress" {
  description = "What the network ACL of the public tier lets in from anywhere. Ports are for tcp and udp; icmp, icmpv6 and other protocols, by number such as 50 for IPsec ESP, have none. Security groups still decide for each interface."
  type = list(object({
    protocol  = string
    from_port = optional(number)
    to_port   = optional(number)
  }))
  default  = [{ protocol = "tcp", from_port = 443, to_port = 443 }]
  nullable = false

  validation {
    condition     = alltrue([for r in var.public_ingress : contains(["tcp", "udp", "icmp", "icmpv6"], r.protocol) || contains(setsubtract(range(256), [1, 6, 17, 58]), try(tonumber(r.protocol), -1))])
    error_message = "The protocol in public_ingress must be tcp, udp, icmp, icmpv6 or the number of another one, such as 50 for IPsec ESP."
  }

  validation {
    condition     = alltrue([for r in var.public_ingress : contains(["tcp", "udp"], r.protocol) ? r.from_port != null && r.to_port != null : r.from_port == null && r.to_port == null])
    error_message = "A rule in public_ingress for tcp or udp needs from_port and to_port; one for another protocol has neither."
  }

  validation {
    condition     = alltrue([for r in var.public_ingress : coalesce(r.from_port, 1) >= 1 && coalesce(r.from_port, 1) <= coalesce(r.to_port, 1) && coalesce(r.to_port, 1) <= 65535])
    error_message = "The ports in public_ingress must lie between 1 and 65535, from_port not above to_port."
  }
}

variable "reply_ports" {
  description = "Ports to which the network ACLs let replies from anywhere come back. The default is what Linux opens connections from; a NAT instance may pick any from 1024, and so may the clients behind it."
  type        = object({ from_port = number, to_port = number })
  default     = { from_port = 32768, to_port = 65535 }
  nullable    = false

  validation {
    condition     = var.reply_ports.from_port >= 1024 && var.reply_ports.from_port <= var.reply_ports.to_port && var.reply_ports.to_port <= 65535
    error_message = "reply_ports must lie between 1024 and 65535, from_port not above to_port: below 1024 are services, which no reply is for."
  }
}

variable "trusted_networks" {
  description = "IPv4 networks beyond the VPC (behind an appliance, a VPN or a peering) that the network ACLs treat as the VPC's own."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for c in var.trusted_networks : try(cidrhost(c, 0) == split("/", c)[0] && tonumber(split("/", c)[1]) > 0, false)])
    error_message = "trusted_networks takes IPv4 blocks that begin at their first address, such as 172.20.0.0/16, and not the whole internet."
  }
}

variable "acl_rule_quota" {
  description = "The account's quota of rules for each direction of a network ACL, the closing rule of each address family included: 20, on request up to 40."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = contains(range(20, 41), var.acl_rule_quota)
    error_message = "acl_rule_quota must be a whole number from 20 to 40."
  }
}

variable "interface_endpoints" {
  description = "Services reached by an interface endpoint, such as ec2 and ssm. Without ec2, a node that has lost its address may have no way to the API that moves it."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for s in var.interface_endpoints : can(regex("^[a-z0-9.-]+$", s))])
    error_message = "interface_endpoints takes short service names, such as ec2, ssm or monitoring."
  }
}

variable "interface_endpoint_subnets" {
  description = "Names of the subnets that hold the interface endpoints: one for each zone that has nodes, and no zone twice."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for s in var.interface_endpoint_subnets : contains(keys(var.subnets), s)])
    error_message = "interface_endpoint_subnets names a subnet that is not in subnets."
  }
}

variable "flow_log_retention_days" {
  description = "Days that flow logs are kept; 0: no flow logs."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([0, 30, 90, 180, 365, 400, 731], var.flow_log_retention_days)
    error_message = "flow_log_retention_days must be 0, 30, 90, 180, 365, 400 or 731."
  }
}

variable "tags" {
  description = "Tags put on everything."
  type        = map(string)
  default     = {}
  nullable    = false
}

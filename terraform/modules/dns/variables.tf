variable "group" {
  description = "The failover group whose names these are."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.group))
    error_message = "group must be 1 to 31 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "zones" {
  description = "Hosted zones by a name of your choice. id: an existing zone, known when planning (a literal or a data source); otherwise one is made, private to vpc_ids if there are any. Do not make a private zone for a domain of AWS: it would hide the names of Elastic IPs."
  type = map(object({
    domain  = string
    id      = optional(string)
    vpc_ids = optional(list(string), [])
  }))
  nullable = false

  validation {
    condition     = length(var.zones) > 0
    error_message = "zones is empty: the names need a zone to stand in."
  }

  validation {
    condition     = alltrue([for z in values(var.zones) : can(regex("^([a-z0-9_]([a-z0-9-]*[a-z0-9])?[.])+[a-z0-9-]*[a-z0-9]$", z.domain))])
    error_message = "The domain of a zone must be a domain name in lower case without a final dot, such as internal.example.com."
  }

  validation {
    condition     = alltrue([for z in values(var.zones) : !can(regex("(^|[.])amazonaws[.]com([.]cn)?$", z.domain))])
    error_message = "A zone for a domain of AWS would hide the names of Elastic IPs: take a domain of your own."
  }
}

variable "cnames" {
  description = "Names that lead to the name of an Elastic IP, which never changes. They need no failover: the answer inside the VPC changes by itself."
  type = map(object({
    zone   = string
    target = string
    ttl    = optional(number, 60)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for c in values(var.cnames) : contains(keys(var.zones), c.zone)])
    error_message = "A name in cnames stands in a zone that is not in zones."
  }

  validation {
    condition     = alltrue([for name, c in var.cnames : !contains(keys(var.zones), c.zone) || endswith(name, ".${try(var.zones[c.zone].domain, "")}")])
    error_message = "A name in cnames lies outside the domain of its zone; the domain itself cannot be a CNAME."
  }
}

variable "floating_records" {
  description = "A records that a failover rewrites (kind dns), by name. first_address is what they answer until then; public: the node's public address is meant."
  type = map(object({
    zone          = string
    first_address = string
    ttl           = optional(number, 10)
    public        = optional(bool, false)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for r in values(var.floating_records) : contains(keys(var.zones), r.zone)])
    error_message = "A name in floating_records stands in a zone that is not in zones."
  }

  validation {
    condition     = alltrue([for name, r in var.floating_records : !contains(keys(var.zones), r.zone) || name == try(var.zones[r.zone].domain, "") || endswith(name, ".${try(var.zones[r.zone].domain, "")}")])
    error_message = "A name in floating_records lies outside the domain of its zone."
  }

  validation {
    condition     = alltrue([for r in values(var.floating_records) : r.ttl >= 1 && r.ttl <= 60])
    error_message = "The ttl of a floating record must be between 1 and 60 seconds: for that long, clients go on to the failed node."
  }

  validation {
    condition     = length(setintersection(keys(var.cnames), keys(var.floating_records))) == 0
    error_message = "A name is in cnames and in floating_records: it can be only one of them."
  }
}

variable "tags" {
  description = "Tags put on everything."
  type        = map(string)
  default     = {}
  nullable    = false
}

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
  description = "The failover group that these nodes belong to."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.group))
    error_message = "group must be 1 to 31 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "nodes" {
  description = "Nodes by name. priority: the lowest is preferred. interfaces: in device order, from the module interfaces; service_device: the one that carries the group's addresses."
  type = map(object({
    priority = number
    interfaces = list(object({
      id                = string
      subnet_cidr       = string
      availability_zone = string
      source_dest_check = optional(bool, true)
      role              = optional(string)
      tcp = optional(object({
        ingress = list(object({ from_port = number, to_port = number, cidr_ipv4 = optional(string), role = optional(string) }))
        egress  = list(object({ from_port = number, to_port = number, cidr_ipv4 = optional(string), role = optional(string) }))
      }))
    }))
    service_device = optional(number, 0)
  }))
  nullable = false

  validation {
    condition     = length(var.nodes) >= 2
    error_message = "A failover needs at least two nodes."
  }

  validation {
    condition     = alltrue([for name, _ in var.nodes : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "Each node needs a name of lower-case letters, digits and hyphens that begins with a letter."
  }

  validation {
    condition     = length(distinct([for n in values(var.nodes) : n.priority])) == length(var.nodes)
    error_message = "Two nodes have the same priority: the order of preference must be clear."
  }

  validation {
    condition     = alltrue([for n in values(var.nodes) : length(n.interfaces) > 0 && n.service_device >= 0 && n.service_device < length(n.interfaces)])
    error_message = "Each node needs at least one interface, and service_device must be the position of one of them."
  }

  validation {
    condition     = alltrue([for n in values(var.nodes) : length(distinct([for i in n.interfaces : i.availability_zone])) <= 1])
    error_message = "A node's interfaces lie in different availability zones: an instance lives in one."
  }
}

variable "instance_type" {
  description = "Instance type of every node: the standby must be able to carry what the active node carries."
  type        = string
  default     = "t4g.small"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", var.instance_type))
    error_message = "instance_type must look like t4g.small."
  }
}

variable "floating_interfaces" {
  description = "How many floating interfaces a node must be able to take in addition to its own."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.floating_interfaces >= 0 && floor(var.floating_interfaces) == var.floating_interfaces
    error_message = "floating_interfaces must be a whole number, 0 or more."
  }
}

variable "ami_id" {
  description = "Image of the nodes: Amazon Linux 2023 or another with Python 3.11 or newer, cloud-init and systemd; baked or not."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^ami-[0-9a-f]+$", var.ami_id))
    error_message = "ami_id must be the id of an image, such as ami-0123456789abcdef0."
  }
}

variable "bootstrap" {
  description = "What user data does: full (install, configure, enable), configure (for a baked image) or none. packages_url is an S3 prefix of the toolkit's wheels, for nodes without internet; requirement what pip installs from there (empty: aws-failover-toolkit), or from your own index."
  type = object({
    mode         = optional(string, "full")
    requirement  = optional(string, "")
    packages_url = optional(string, "")
    services     = optional(list(string), ["agent", "watch", "reclaim"])
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["full", "configure", "none"], var.bootstrap.mode)
    error_message = "bootstrap.mode must be full, configure or none."
  }

  validation {
    condition     = alltrue([for s in var.bootstrap.services : contains(["agent", "watch", "reclaim"], s)])
    error_message = "bootstrap.services may name agent, watch and reclaim."
  }

  validation {
    condition     = var.bootstrap.packages_url == "" || can(regex("^s3://[a-z0-9.-]+/.*$", var.bootstrap.packages_url))
    error_message = "bootstrap.packages_url must be an S3 prefix, such as s3://my-packages/failover/."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9._=<>~!,-]*$", var.bootstrap.requirement))
    error_message = "bootstrap.requirement must be a requirement as pip writes it, such as aws-failover-toolkit==0.1.0."
  }

  # The toolkit is on no public index: whoever took its name there would own the nodes.
  validation {
    condition     = var.bootstrap.mode != "full" || var.bootstrap.packages_url != "" || var.bootstrap.requirement != ""
    error_message = "bootstrap.mode full needs packages_url, an S3 prefix with the toolkit's wheels, or requirement, its name in an index of your own; an image that has it baked in needs mode configure."
  }
}

variable "setup" {
  description = "Shell script of your own that user data runs before the toolkit: packages, kernel settings, the service itself; some 20 KB, as it is compressed. No secrets: user data can be read on the instance."
  type        = string
  default     = ""
  nullable    = false
}

variable "configuration_parameter" {
  description = "Name of the SSM parameter that holds the failover configuration (module controller)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^/[A-Za-z0-9_./-]+$", var.configuration_parameter))
    error_message = "configuration_parameter must begin with a slash, such as /failover/demo."
  }
}

variable "policy_json" {
  description = "IAM policy of the nodes: output node_policies of the module controller."
  type        = string
  nullable    = false

  validation {
    condition     = can(jsondecode(var.policy_json).Statement)
    error_message = "policy_json must be an IAM policy document: take it from the output node_policies of the module controller."
  }
}

variable "session_manager" {
  description = "Whether people may open a shell on the nodes through Session Manager. The nodes need a way to ssm and ssmmessages, and the image its agent."
  type        = bool
  default     = false
  nullable    = false
}

variable "managed_policy_arns" {
  description = "Further policies for the nodes' role by a name of your choice."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "metadata_hop_limit" {
  description = "Hops that an IMDSv2 token may travel: 1, or 2 for containers on a bridge network."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = contains([1, 2], var.metadata_hop_limit)
    error_message = "metadata_hop_limit must be 1, or 2 for containers on a bridge network."
  }
}

variable "auto_recovery" {
  description = "EC2's simplified automatic recovery: disabled, or default to let AWS bring a node back on other hardware while the failover may be moving its addresses."
  type        = string
  default     = "disabled"
  nullable    = false

  validation {
    condition     = contains(["disabled", "default"], var.auto_recovery)
    error_message = "auto_recovery must be disabled or default."
  }
}

variable "termination_protection" {
  description = "Whether EC2 refuses to terminate a node for anybody but Terraform."
  type        = bool
  default     = true
  nullable    = false
}

variable "detailed_monitoring" {
  description = "Whether EC2 publishes its metrics each minute, for a price. Status checks come each minute without it."
  type        = bool
  default     = false
  nullable    = false
}

variable "root_volume_gib" {
  description = "Size of the encrypted root volume in GiB."
  type        = number
  default     = 16
  nullable    = false

  validation {
    condition     = var.root_volume_gib >= 8
    error_message = "root_volume_gib must be at least 8."
  }
}

variable "root_device_name" {
  description = "Device name of the image's root volume: /dev/xvda on Amazon Linux, /dev/sda1 on Ubuntu and Debian images."
  type        = string
  default     = "/dev/xvda"
  nullable    = false

  validation {
    condition     = startswith(var.root_device_name, "/dev/")
    error_message = "root_device_name must begin with /dev/."
  }
}

variable "tags" {
  description = "Tags put on everything."
  type        = map(string)
  default     = {}
  nullable    = false

  # The metadata service of the nodes shows them: EC2 then refuses to start an instance with other keys.
  validation {
    condition     = alltrue([for key, _ in var.tags : can(regex("^[A-Za-z0-9+=.,_:@-]+$", key))])
    error_message = "A tag's key may hold letters, digits and + - = . , _ : @ only, no blanks or slashes: the nodes' metadata service shows it."
  }

  validation {
    condition     = alltrue([for key, _ in var.tags : !contains([".", "..", "_index"], key)])
    error_message = "A tag's key cannot be . or .. or _index: the nodes' metadata service has other uses for them."
  }
}

variable "name" {
  description = "Prefix of the names of everything made here."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name))
    error_message = "name must be 2 to 31 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "lambda_zip" {
  description = "The file that `make lambda` builds."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.lambda_zip)
    error_message = "lambda_zip is not there: run `make lambda` first, or give its path."
  }
}

variable "runtime" {
  description = "Lambda runtime."
  type        = string
  default     = "python3.13"
  nullable    = false

  validation {
    condition     = contains(["python3.12", "python3.13", "python3.14"], var.runtime)
    error_message = "runtime must be python3.12, python3.13 or python3.14."
  }
}

variable "memory_mib" {
  description = "Memory of the function in MiB; its share of a processor grows with it, and so does the speed of a cold start."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.memory_mib >= 256 && var.memory_mib <= 3008
    error_message = "memory_mib must be between 256 and 3008: with less, a cold start is several times slower."
  }
}

variable "timeout_seconds" {
  description = "Time limit of one invocation; a run that it cuts short is resumed by the next one."
  type        = number
  default     = 180
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 30 && var.timeout_seconds <= 900
    error_message = "timeout_seconds must be between 30 and 900."
  }
}

variable "event_age_seconds" {
  description = "Age at which an event that could not be handled is given up (asynchronous invocations may be hours late)."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.event_age_seconds >= 60 && var.event_age_seconds <= 21600
    error_message = "event_age_seconds must be between 60 and 21600."
  }
}

variable "retries" {
  description = "How often Lambda repeats a failed asynchronous invocation."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = contains([0, 1, 2], var.retries)
    error_message = "retries must be 0, 1 or 2."
  }
}

variable "reconcile_minutes" {
  description = "Minutes between two looks without an event: an alarm acts only when its state changes, and what was lost stays lost without this."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.reconcile_minutes >= 2 && var.reconcile_minutes <= 60 && floor(var.reconcile_minutes) == var.reconcile_minutes
    error_message = "reconcile_minutes must be a whole number from 2 to 60."
  }
}

variable "vpc" {
  description = "Subnets (two zones or more) and security groups to attach the function to, for probes of private addresses. It then needs endpoints for ec2, dynamodb, logs, sns and sqs."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null

  validation {
    condition     = var.vpc == null ? true : length(var.vpc.subnet_ids) >= 2 && length(var.vpc.security_group_ids) >= 1
    error_message = "vpc needs at least two subnets, in different zones, and a security group: in one zone the controller fails together with the node."
  }
}

variable "function_configuration" {
  description = "Where the function finds its configuration: environment (fastest, up to 4 KB) or parameter (SSM, up to 8 KB, a call more when it starts; inside the VPC it then needs an endpoint for ssm)."
  type        = string
  default     = "environment"
  nullable    = false

  validation {
    condition     = contains(["environment", "parameter"], var.function_configuration)
    error_message = "function_configuration must be environment or parameter."
  }
}

variable "autoscaling_groups" {
  description = "Auto Scaling groups whose lifecycle hooks wait for the function: it brings the addresses away from a node that will be terminated, then lets Auto Scaling go on."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.autoscaling_groups : can(regex("^[^*?:/[:space:]]+$", name))])
    error_message = "autoscaling_groups takes names of Auto Scaling groups, without the signs * ? : / and blanks."
  }
}

variable "notify_emails" {
  description = "Addresses that are told of moves, holds and faults. Each must confirm its subscription."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for e in var.notify_emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+$", e))])
    error_message = "notify_emails takes e-mail addresses."
  }
}

variable "log_retention_days" {
  description = "Days that the function's log is kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([30, 90, 180, 365, 400, 731], var.log_retention_days)
    error_message = "log_retention_days must be 30, 90, 180, 365, 400 or 731."
  }
}

variable "tags" {
  description = "Tags put on everything."
  type        = map(string)
  default     = {}
  nullable    = false
}

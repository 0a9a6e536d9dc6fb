variable "name" {
  description = "Prefix of the names of everything made here."
  type        = string
  default     = "web"
  nullable    = false
}

variable "region" {
  description = "AWS Region."
  type        = string
  default     = "eu-west-1"
  nullable    = false
}

variable "availability_zones" {
  description = "Two zones of the Region, the preferred one first."
  type        = list(string)
  default     = ["eu-west-1a", "eu-west-1b"]
  nullable    = false

  validation {
    condition     = length(distinct(var.availability_zones)) == 2 && length(var.availability_zones) == 2
    error_message = "Give two different availability zones: with one, a failure of the zone takes both nodes."
  }
}

variable "cidr" {
  description = "IPv4 block of the VPC, a /16."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false
}

variable "ami_id" {
  description = "Image of the nodes, arm64, with your service in it."
  type        = string
  nullable    = false
}

variable "packages_url" {
  description = "S3 prefix with the wheels of the toolkit and what it needs; empty for an image that has it baked in."
  type        = string
  default     = ""
  nullable    = false
}

variable "session_manager" {
  description = "Whether people may open a shell on the nodes through Session Manager: an endpoint more in each zone with endpoints."
  type        = bool
  default     = false
  nullable    = false
}

variable "lambda_zip" {
  description = "The file that `make lambda` builds."
  type        = string
  default     = "../../../dist/failover-lambda.zip"
  nullable    = false
}

variable "notify_emails" {
  description = "Who is told of moves, holds and faults."
  type        = set(string)
  default     = []
  nullable    = false
}

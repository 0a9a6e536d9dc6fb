# Nodes as a refreshed state would hold them: started from an older template, one of them forwarding packets.
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.10, < 7"
    }
  }
}

resource "aws_instance" "this" {
  for_each = { db-1 = "1", db-2 = "2" }

  source_dest_check      = false
  vpc_security_group_ids = ["sg-isolation"]
  secondary_private_ips  = ["10.0.1.50"]
  tags                   = { Name = each.key, "failover:group" = "db", "failover:priority" = each.value }

  launch_template {
    id      = "lt-0123456789abcdef9"
    version = "3"
  }
}

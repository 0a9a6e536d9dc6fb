# The world after a failover as Terraform's state would hold it: the floating interface is attached to the standby.
resource "aws_network_interface" "floating" {
  for_each = toset(["licence"])

  subnet_id         = "subnet-1"
  description       = "demo licence, moves between nodes"
  security_groups   = ["sg-1"]
  source_dest_check = true
  tags              = { Name = "demo-licence", "failover:group" = "db" }

  attachment {
    instance     = "i-0123456789abcdef1"
    device_index = 1
  }
}

# The world after a failover as a refreshed state would hold it: everything is on the standby.
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

resource "aws_eip" "this" {
  for_each = toset(["public"])

  domain                    = "vpc"
  network_interface         = "eni-0123456789abcdef1"
  associate_with_private_ip = "10.0.1.20"
  tags                      = { Name = "demo-public", "failover:group" = "db" }
}

output "interfaces" {
  description = "Interfaces by name, each with id, private_ip, subnet_cidr, availability_zone, source_dest_check, mac_address, role, and what its role lets in and out over TCP."
  value = { for name, i in var.interfaces : name => {
    id                = aws_network_interface.this[name].id
    private_ip        = aws_network_interface.this[name].private_ip
    mac_address       = aws_network_interface.this[name].mac_address
    subnet_cidr       = i.subnet.cidr
    availability_zone = i.subnet.availability_zone
    source_dest_check = i.source_dest_check
    role              = i.role
    tcp               = local.tcp[i.role]
  } }
}

output "security_group_ids" {
  description = "Ids of the security groups by role."
  value       = { for role, group in aws_security_group.role : role => group.id }
}

output "isolation_security_group_id" {
  description = "Id of the security group without rules that the fence isolate uses."
  value       = aws_security_group.isolation.id
}

output "failover_addresses" {
  description = "The floating private and IPv6 addresses in the form that the controller takes."
  value = concat(
    [for f in values(var.floating_private_ips) : { kind = "private_ip", address = f.address }],
    [for f in values(var.floating_ipv6) : { kind = "ipv6", address = cidrhost(f.subnet.ipv6_cidr, f.host) }],
  )
}

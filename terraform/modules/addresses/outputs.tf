output "elastic_ips" {
  description = "Elastic IPs by name, each with id (allocation), public_ip and public_dns, the name that answers the private address inside the VPC."
  value = { for name, e in aws_eip.this : name => {
    id         = e.allocation_id
    public_ip  = e.public_ip
    public_dns = e.public_dns
  } }
}

output "floating_interfaces" {
  description = "Floating interfaces by name, each with id, mac_address and private_ip."
  value = { for name, i in aws_network_interface.floating : name => {
    id          = i.id
    mac_address = i.mac_address
    private_ip  = i.private_ip
  } }
}

output "route_table_ids" {
  description = "Ids of all route tables that hold an overlay route, by name of the route and the table."
  value       = { for key, r in local.routes : key => r.table_id }
}

output "failover_addresses" {
  description = "All addresses in the form that the controller takes."
  value = concat(
    [for name, e in var.elastic_ips : {
      kind       = "eip"
      id         = aws_eip.this[name].allocation_id
      private_ip = e.private_ips
    }],
    [for name, f in var.floating_interfaces : {
      kind              = "eni"
      id                = aws_network_interface.floating[name].id
      device_index      = f.device_index
      availability_zone = f.subnet.availability_zone
    }],
    [for name, r in var.overlay_routes : {
      kind        = "route"
      destination = r.destination
      tables      = values(r.route_table_ids)
    }],
  )
}

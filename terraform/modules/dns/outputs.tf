output "zone_ids" {
  description = "Ids of the zones by name."
  value       = local.zone_ids
}

output "name_servers" {
  description = "Name servers of the zones made here: a public one must be delegated to them."
  value       = { for key, z in aws_route53_zone.this : key => z.name_servers }
}

output "failover_addresses" {
  description = "The floating records in the form that the controller takes."
  value = [for name, r in var.floating_records : {
    kind   = "dns"
    zone   = local.zone_ids[r.zone]
    name   = name
    ttl    = r.ttl
    public = r.public ? true : null
  }]
}

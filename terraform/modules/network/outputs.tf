output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "IPv4 block of the VPC."
  value       = var.cidr
}

output "ipv6_cidr" {
  description = "IPv6 block of the VPC, or null."
  value       = var.ipv6 ? aws_vpc.this.ipv6_cidr_block : null
}

output "subnets" {
  description = "Subnets by name, each with id, cidr, ipv6_cidr (null without IPv6), availability_zone and tier."
  value = { for name, s in var.subnets : name => {
    id                = aws_subnet.this[name].id
    cidr              = s.cidr
    ipv6_cidr         = var.ipv6 ? aws_subnet.this[name].ipv6_cidr_block : null
    availability_zone = s.availability_zone
    tier              = s.tier
  } }
}

output "route_table_ids" {
  description = "Ids of the route tables by tier and zone, such as private-eu-west-1a."
  value       = { for key, table in aws_route_table.this : key => table.id }
}

output "internet_gateway_id" {
  description = "Id of the internet gateway, or null."
  value       = one(aws_internet_gateway.this[*].id)
}

data "aws_region" "current" {}
data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

resource "aws_vpc" "this" {
  cidr_block                       = var.cidr
  assign_generated_ipv6_cidr_block = var.ipv6

  # Both are needed for the public name of an Elastic IP to answer the private address inside the VPC.
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    precondition {
      condition     = length(local.overlaps) == 0
      error_message = "These subnets overlap: ${join("; ", local.overlaps)}. Give each its own block."
    }
    precondition {
      condition     = length(local.outside) == 0
      error_message = "These subnets lie outside ${var.cidr}: ${join("; ", local.outside)}."
    }
    precondition {
      condition     = !var.ipv6 || length(local.ipv6_twice) == 0
      error_message = "These subnets get the same IPv6 /64: ${join("; ", local.ipv6_twice)}. Give one of them its own ipv6_index."
    }
    precondition {
      condition     = local.has_internet_gateway || !contains(local.tiers, "public")
      error_message = "A public subnet needs the internet gateway: leave internet_gateway unset, or make the subnet private."
    }
    precondition {
      condition     = length(var.interface_endpoints) == 0 || length(var.interface_endpoint_subnets) > 0
      error_message = "interface_endpoints needs interface_endpoint_subnets: the subnets to put the endpoints in."
    }
    precondition {
      condition     = length(local.endpoint_twice) == 0
      error_message = "AWS takes one subnet of each zone for an endpoint; interface_endpoint_subnets names ${join("; ", local.endpoint_twice)}."
    }
  }
}

resource "aws_vpc_dhcp_options" "this" {
  domain_name_servers = ["AmazonProvidedDNS"]
  ntp_servers         = ["169.254.169.123"]
  tags                = merge(var.tags, { Name = var.name })
}

resource "aws_vpc_dhcp_options_association" "this" {
  vpc_id          = aws_vpc.this.id
  dhcp_options_id = aws_vpc_dhcp_options.this.id
}

resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = "${var.name}-default-closed" })
}

resource "aws_internet_gateway" "this" {
  count  = local.has_internet_gateway ? 1 : 0
  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = var.name })
}

resource "aws_subnet" "this" {
  for_each = var.subnets

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value.availability_zone
  cidr_block              = each.value.cidr
  map_public_ip_on_launch = false
  ipv6_cidr_block         = var.ipv6 ? cidrsubnet(aws_vpc.this.ipv6_cidr_block, 8, local.ipv6_index[each.key]) : null

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

# Routes are resources of their own: with inline routes, an apply would delete those that a failover made.
resource "aws_route_table" "this" {
  for_each = local.route_tables

  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_route_table_association" "this" {
  for_each = var.subnets

  subnet_id      = aws_subnet.this[each.key].id
  route_table_id = aws_route_table.this["${each.value.tier}-${each.value.availability_zone}"].id
}

resource "aws_route" "internet" {
  for_each = { for key, tiers in local.route_tables : key => tiers[0] if tiers[0] == "public" }

  route_table_id         = aws_route_table.this[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_route" "internet_ipv6" {
  for_each = { for key, tiers in local.route_tables : key => tiers[0] if tiers[0] == "public" && var.ipv6 }

  route_table_id              = aws_route_table.this[each.key].id
  destination_ipv6_cidr_block = "::/0"
  gateway_id                  = aws_internet_gateway.this[0].id
}

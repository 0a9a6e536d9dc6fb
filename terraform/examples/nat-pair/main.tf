# Two NAT instances instead of NAT gateways. The default route of all private subnets and the Elastic IP move
# together, so that the world always sees the same address.
locals {
  nodes = { for i, zone in var.availability_zones : "nat-${i + 1}" => { subnet = "public-${i + 1}", priority = i + 1 } }
  subnets = merge([for i, zone in var.availability_zones : {
    "public-${i + 1}"  = { tier = "public", availability_zone = zone, cidr = cidrsubnet(var.cidr, 8, i) }
    "private-${i + 1}" = { tier = "private", availability_zone = zone, cidr = cidrsubnet(var.cidr, 8, 10 + i) }
  }]...)
}

module "network" {
  source = "../../modules/network"

  name    = var.name
  cidr    = var.cidr
  subnets = local.subnets

  # The standby has no way out until it holds the address.
  interface_endpoints        = concat(["ec2", "ssm"], var.session_manager ? ["ssmmessages"] : [])
  interface_endpoint_subnets = ["public-1", "public-2"]
}

module "interfaces" {
  source = "../../modules/interfaces"

  name   = var.name
  group  = "nat"
  vpc_id = module.network.vpc_id
  roles = { service = {
    description = "Traffic of the private subnets to the internet"
    ingress     = [{ description = "Anything from the VPC", protocol = "-1", cidr_ipv4 = var.cidr }]
    egress      = [{ description = "Anything to the internet, ICMP included", protocol = "-1", cidr_ipv4 = "0.0.0.0/0" }]
  } }
  interfaces = { for name, n in local.nodes : name => {
    subnet = module.network.subnets[n.subnet], role = "service", source_dest_check = false
  } }
}

module "node" {
  source = "../../modules/node"

  name                    = var.name
  group                   = "nat"
  ami_id                  = var.ami_id
  configuration_parameter = module.controller.configuration_parameter
  policy_json             = module.controller.node_policies["nat"]
  session_manager         = var.session_manager

  setup = templatefile("${path.module}/files/nat-setup.sh", { cidr = var.cidr })

  bootstrap = {
    mode         = var.packages_url == "" ? "configure" : "full"
    packages_url = var.packages_url
  }

  nodes = { for name, n in local.nodes : name => {
    priority   = n.priority
    interfaces = [module.interfaces.interfaces[name]]
  } }
}

module "addresses" {
  source = "../../modules/addresses"

  name        = var.name
  group       = "nat"
  vpc_cidr    = var.cidr
  elastic_ips = { exit = {} }
  overlay_routes = { default = {
    destination        = "0.0.0.0/0"
    route_table_ids    = { for key, id in module.network.route_table_ids : key => id if startswith(key, "private-") }
    first_interface_id = module.interfaces.interfaces["nat-1"].id
  } }
}

module "controller" {
  source = "../../modules/controller"

  name          = var.name
  lambda_zip    = var.lambda_zip
  notify_emails = var.notify_emails

  groups = {
    nat = {
      nodes     = module.node.nodes
      addresses = module.addresses.failover_addresses
      health    = { probes = [{ http = ":8080/", expect = 200, timeout = "500ms" }, { ec2_status = true }] }
    }
  }
}

# A pair of firewall or VPN appliances between the VPC and a network behind them. Clients reach that network by a
# route; the failover points the route of every table at the appliance that works.
#
# It ends at the appliance. How packets go on to the network behind is yours to add: an outside interface (source and
# destination check off, t4g.small takes a third) with a transit gateway or virtual private gateway in its table, or an
# Elastic IP and an internet gateway for a tunnel. Until then the kernel sends them out by management, where the
# source/destination check drops them.
locals {
  nodes = { for i, zone in var.availability_zones : "fw-${i + 1}" => { management = "management-${i + 1}", data = "data-${i + 1}", priority = i + 1 } }
  subnets = merge([for i, zone in var.availability_zones : {
    "clients-${i + 1}"    = { tier = "private", availability_zone = zone, cidr = cidrsubnet(var.cidr, 8, 10 + i) }
    "management-${i + 1}" = { tier = "data", availability_zone = zone, cidr = cidrsubnet(var.cidr, 8, 30 + i) }
    "data-${i + 1}"       = { tier = "data", availability_zone = zone, cidr = cidrsubnet(var.cidr, 8, 20 + i) }
  }]...)
}

module "network" {
  source = "../../modules/network"

  name                       = var.name
  cidr                       = var.cidr
  subnets                    = local.subnets
  trusted_networks           = [var.network_behind]
  interface_endpoints        = concat(["ec2", "ssm"], var.session_manager ? ["ssmmessages"] : [])
  interface_endpoint_subnets = ["management-1", "management-2"]
}

module "interfaces" {
  source = "../../modules/interfaces"

  name   = var.name
  group  = "firewall"
  vpc_id = module.network.vpc_id
  roles = {
    management = {
      description = "Agents and administration"
      egress = [
        { description = "HTTPS to the AWS APIs", protocol = "tcp", from_port = 443, to_port = 443, cidr_ipv4 = "0.0.0.0/0" },
        { description = "Probes of the other node", protocol = "tcp", from_port = 22, to_port = 22, cidr_ipv4 = var.cidr },
      ]
    }
    data = {
      description = "Traffic through the appliance"
      ingress     = [{ description = "Anything from the VPC", protocol = "-1", cidr_ipv4 = var.cidr }]
      egress = [
        { description = "Anything to the VPC", protocol = "-1", cidr_ipv4 = var.cidr },
        { description = "Anything to the network behind", protocol = "-1", cidr_ipv4 = var.network_behind },
      ]
    }
  }
  interfaces = merge([for name, n in local.nodes : {
    "${name}-management" = { subnet = module.network.subnets[n.management], role = "management", movable = false }

    # Forwarded packets carry addresses that are not the appliance's own.
    "${name}-data" = { subnet = module.network.subnets[n.data], role = "data", source_dest_check = false }
  }]...)
}

module "node" {
  source = "../../modules/node"

  name                    = var.name
  group                   = "firewall"
  ami_id                  = var.ami_id
  configuration_parameter = module.controller.configuration_parameter
  policy_json             = module.controller.node_policies["firewall"]
  session_manager         = var.session_manager

  setup = <<-SCRIPT
    #!/bin/sh
    printf 'net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.rp_filter = 2\n' >/etc/sysctl.d/90-appliance.conf
    sysctl --system
  SCRIPT

  bootstrap = {
    mode         = var.packages_url == "" ? "configure" : "full"
    packages_url = var.packages_url
  }

  nodes = { for name, n in local.nodes : name => {
    priority       = n.priority
    service_device = 1
    interfaces     = [module.interfaces.interfaces["${name}-management"], module.interfaces.interfaces["${name}-data"]]
  } }
}

module "addresses" {
  source = "../../modules/addresses"

  name     = var.name
  group    = "firewall"
  vpc_cidr = var.cidr
  overlay_routes = { behind = {
    destination        = var.network_behind
    route_table_ids    = { for key, id in module.network.route_table_ids : key => id if startswith(key, "private-") }
    first_interface_id = module.interfaces.interfaces["fw-1-data"].id
  } }
}

module "controller" {
  source = "../../modules/controller"

  name          = var.name
  lambda_zip    = var.lambda_zip
  notify_emails = var.notify_emails

  groups = {
    firewall = {
      nodes     = module.node.nodes
      addresses = module.addresses.failover_addresses
      health    = { probes = [{ tcp = 22, timeout = "500ms" }, { ec2_status = true }] }
    }
  }
}

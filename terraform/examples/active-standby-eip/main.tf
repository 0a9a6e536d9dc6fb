# A public server and its standby in another zone. One Elastic IP is on whichever serves.
locals {
  nodes = { for i, zone in var.availability_zones : "web-${i + 1}" => { zone = zone, subnet = "public-${i + 1}", priority = i + 1 } }
}

module "network" {
  source = "../../modules/network"

  name = var.name
  cidr = var.cidr
  subnets = { for i, zone in var.availability_zones : "public-${i + 1}" => {
    tier = "public", availability_zone = zone, cidr = cidrsubnet(var.cidr, 8, i)
  } }

  # The node without the Elastic IP has no way to the internet, and must reach the API to take it.
  interface_endpoints        = concat(["ec2", "ssm"], var.session_manager ? ["ssmmessages"] : [])
  interface_endpoint_subnets = ["public-1", "public-2"]
}

module "interfaces" {
  source = "../../modules/interfaces"

  name   = var.name
  group  = "web"
  vpc_id = module.network.vpc_id
  roles = {
    service = {
      description = "Public HTTPS"
      ingress = [
        { description = "HTTPS from anywhere", protocol = "tcp", from_port = 443, to_port = 443, cidr_ipv4 = "0.0.0.0/0" },
        { description = "Probes between the nodes", protocol = "tcp", from_port = 443, to_port = 443, role = "service" },
      ]
    }
  }
  interfaces = { for name, n in local.nodes : name => { subnet = module.network.subnets[n.subnet], role = "service" } }
}

module "node" {
  source = "../../modules/node"

  name                    = var.name
  group                   = "web"
  ami_id                  = var.ami_id
  configuration_parameter = module.controller.configuration_parameter
  policy_json             = module.controller.node_policies["web"]
  session_manager         = var.session_manager

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
  group       = "web"
  elastic_ips = { public = {} }
}

module "controller" {
  source = "../../modules/controller"

  name          = var.name
  lambda_zip    = var.lambda_zip
  notify_emails = var.notify_emails

  groups = {
    web = {
      nodes     = module.node.nodes
      addresses = module.addresses.failover_addresses
      health    = { probes = [{ tcp = 443, timeout = "500ms" }, { ec2_status = true }] }
      verify    = { through = true, resolvers = { inside = ["169.254.169.253"] } }
    }
  }
}

# A database whose clients use one name. The Elastic IP is an identity inside the VPC: its public name answers the
# private address of the holder there. No route leads to the internet, and no rule lets it in.
locals {
  nodes = { for i, zone in var.availability_zones : "db-${i + 1}" => { zone = zone, subnet = "data-${i + 1}", priority = i + 1 } }
}

module "network" {
  source = "../../modules/network"

  name = var.name
  cidr = var.cidr
  subnets = { for i, zone in var.availability_zones : "data-${i + 1}" => {
    tier = "data", availability_zone = zone, cidr = cidrsubnet(var.cidr, 8, 20 + i)
  } }

  # AWS associates an Elastic IP only in a VPC that has one (Gateway.NotAttached). No route leads to it.
  internet_gateway           = true
  interface_endpoints        = concat(["ec2", "ssm", "monitoring"], var.session_manager ? ["ssmmessages"] : [])
  interface_endpoint_subnets = ["data-1", "data-2"]
}

module "interfaces" {
  source = "../../modules/interfaces"

  name   = var.name
  group  = "db"
  vpc_id = module.network.vpc_id
  roles = {
    data = {
      description = "MySQL inside the VPC"
      ingress = [
        { description = "MySQL from the VPC", protocol = "tcp", from_port = 3306, to_port = 3306, cidr_ipv4 = var.cidr },
      ]
      egress = [
        { description = "HTTPS to the endpoints in the VPC", protocol = "tcp", from_port = 443, to_port = 443, cidr_ipv4 = var.cidr },
        { description = "HTTPS to the gateway endpoints", protocol = "tcp", from_port = 443, to_port = 443, cidr_ipv4 = "0.0.0.0/0" },
        { description = "Replication between the nodes", protocol = "tcp", from_port = 3306, to_port = 3306, role = "data" },
      ]
    }
  }
  interfaces = { for name, n in local.nodes : name => { subnet = module.network.subnets[n.subnet], role = "data" } }
}

module "node" {
  source = "../../modules/node"

  name                    = var.name
  group                   = "db"
  ami_id                  = var.ami_id
  configuration_parameter = module.controller.configuration_parameter
  policy_json             = module.controller.node_policies["db"]
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
  group       = "db"
  elastic_ips = { identity = {} }
}

module "dns" {
  source = "../../modules/dns"

  group  = "db"
  zones  = { inside = { domain = var.domain, vpc_ids = [module.network.vpc_id] } }
  cnames = { "db.${var.domain}" = { zone = "inside", target = module.addresses.elastic_ips["identity"].public_dns } }
}

module "controller" {
  source = "../../modules/controller"

  name          = var.name
  lambda_zip    = var.lambda_zip
  notify_emails = var.notify_emails

  groups = {
    db = {
      nodes     = module.node.nodes
      addresses = module.addresses.failover_addresses
      health    = { probes = [{ tcp = 3306, timeout = "500ms" }, { ec2_status = true }] }
      policy    = { fence = [{ rung = "stop" }] } # two databases that both take writes are worse than none
      verify    = { names = ["db.${var.domain}"], resolvers = { inside = ["169.254.169.253"] } }
      heartbeat = { namespace = "Failover", metric = "Heartbeat" }
    }
  }
}

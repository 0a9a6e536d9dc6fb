# A licence server whose licence is bound to a MAC. The interface with that MAC moves as a whole; both servers stand
# in its zone, because an interface cannot leave it.
locals {
  nodes   = { for i in range(2) : "licence-${i + 1}" => { priority = i + 1 } }
  service = cidrsubnet(var.cidr, 8, 10)
}

module "network" {
  source = "../../modules/network"

  name = var.name
  cidr = var.cidr
  subnets = {
    service    = { tier = "private", availability_zone = var.availability_zones[0], cidr = local.service }
    management = { tier = "data", availability_zone = var.availability_zones[0], cidr = cidrsubnet(var.cidr, 8, 30) }
  }
  interface_endpoints        = concat(["ec2", "ssm"], var.session_manager ? ["ssmmessages"] : [])
  interface_endpoint_subnets = ["management"]
}

module "interfaces" {
  source = "../../modules/interfaces"

  name   = var.name
  group  = "licence"
  vpc_id = module.network.vpc_id
  roles = {
    management = { description = "Agents and administration" }
    service = {
      description = "Licences for the VPC"
      ingress     = [{ description = "FlexLM from the VPC", protocol = "tcp", from_port = 27000, to_port = 27009, cidr_ipv4 = var.cidr }]
    }
  }
  interfaces = { for name, n in local.nodes : name => { subnet = module.network.subnets["management"], role = "management" } }
}

module "node" {
  source = "../../modules/node"

  name                    = var.name
  group                   = "licence"
  ami_id                  = var.ami_id
  configuration_parameter = module.controller.configuration_parameter
  policy_json             = module.controller.node_policies["licence"]
  session_manager         = var.session_manager
  floating_interfaces     = 1

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

  name  = var.name
  group = "licence"
  floating_interfaces = { licence = {
    subnet             = module.network.subnets["service"]
    private_ip         = cidrhost(local.service, 50)
    security_group_ids = [module.interfaces.security_group_ids["service"]]
    device_index       = 1
  } }
}

module "controller" {
  source = "../../modules/controller"

  name          = var.name
  lambda_zip    = var.lambda_zip
  notify_emails = var.notify_emails

  groups = {
    licence = {
      nodes     = module.node.nodes
      addresses = module.addresses.failover_addresses
      health    = { probes = [{ ec2_status = true }] }
    }
  }
}

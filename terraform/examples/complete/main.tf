# Every kind of address, dual stack, fences and failback. A place to look things up. The function stands outside the
# VPC: a name can only be moved from where Route 53's global endpoint is reached.
locals {
  edge_nodes = { for i, zone in var.availability_zones : "edge-${i + 1}" => { subnet = "public-${i + 1}", priority = i + 1, private_ip = cidrhost(cidrsubnet(var.cidr, 8, i), 10) } }
  core_nodes = { for i in range(2) : "core-${i + 1}" => { priority = i + 1, private_ip = cidrhost(local.core_cidr, 10 * (i + 1)) } }
  core_cidr  = cidrsubnet(var.cidr, 8, 10)
  overlay    = "172.20.0.10/32"

  subnets = merge(
    merge([for i, zone in var.availability_zones : {
      "public-${i + 1}" = { tier = "public", availability_zone = zone, cidr = cidrsubnet(var.cidr, 8, i) }
      "data-${i + 1}"   = { tier = "data", availability_zone = zone, cidr = cidrsubnet(var.cidr, 8, 20 + i) }
    }]...),
    {
      core       = { tier = "private", availability_zone = var.availability_zones[0], cidr = local.core_cidr }
      management = { tier = "private", availability_zone = var.availability_zones[0], cidr = cidrsubnet(var.cidr, 8, 30) }
    },
  )
}

module "network" {
  source = "../../modules/network"

  name                       = var.name
  cidr                       = var.cidr
  ipv6                       = true
  subnets                    = local.subnets
  trusted_networks           = [local.overlay]
  public_ingress             = [{ protocol = "tcp", from_port = 443, to_port = 443 }, { protocol = "udp", from_port = 5060, to_port = 5061 }]
  interface_endpoints        = concat(["ec2", "ssm", "sns", "monitoring"], var.session_manager ? ["ssmmessages"] : [])
  interface_endpoint_subnets = ["data-1", "data-2"]
}

module "edge_interfaces" {
  source = "../../modules/interfaces"

  name   = "${var.name}-edge"
  group  = "edge"
  vpc_id = module.network.vpc_id
  roles = {
    service = {
      description = "SIP and HTTPS"
      ingress = [
        { description = "HTTPS from anywhere", protocol = "tcp", from_port = 443, to_port = 443, cidr_ipv4 = "0.0.0.0/0" },
        { description = "SIP from anywhere", protocol = "udp", from_port = 5060, to_port = 5061, cidr_ipv4 = "0.0.0.0/0" },
      ]
    }
  }
  interfaces = { for name, n in local.edge_nodes : name => {
    subnet = module.network.subnets[n.subnet], role = "service", private_ip = n.private_ip, source_dest_check = false
  } }
}

module "core_interfaces" {
  source = "../../modules/interfaces"

  name   = "${var.name}-core"
  group  = "core"
  vpc_id = module.network.vpc_id
  roles = {
    management = {
      description = "Agents and administration"
      egress      = [{ description = "HTTPS to the AWS APIs", protocol = "tcp", from_port = 443, to_port = 443, cidr_ipv4 = "0.0.0.0/0" }]
    }
    data = {
      description = "PostgreSQL inside the VPC"
      ingress = [
        { description = "PostgreSQL from the VPC", protocol = "tcp", from_port = 5432, to_port = 5432, cidr_ipv4 = var.cidr },
        { description = "PostgreSQL from the VPC over IPv6", protocol = "tcp", from_port = 5432, to_port = 5432, cidr_ipv6 = module.network.ipv6_cidr },
      ]
      # Replication and probes leave by this interface, as it stands in the subnet of the other node's.
      egress = [{ description = "PostgreSQL of the other node", protocol = "tcp", from_port = 5432, to_port = 5432, role = "data" }]
    }
  }
  interfaces = merge([for name, n in local.core_nodes : {
    "${name}-management" = { subnet = module.network.subnets["management"], role = "management", movable = false }
    "${name}-data"       = { subnet = module.network.subnets["core"], role = "data", private_ip = n.private_ip, ipv6_address_count = 1 }
  }]...)
  floating_private_ips = { vip = { subnet = module.network.subnets["core"], address = cidrhost(local.core_cidr, 50) } }
  floating_ipv6        = { vip = { subnet = module.network.subnets["core"], host = 80 } }
}

module "edge" {
  source = "../../modules/node"

  name                    = "${var.name}-edge"
  group                   = "edge"
  ami_id                  = var.ami_id
  configuration_parameter = module.controller.configuration_parameter
  policy_json             = module.controller.node_policies["edge"]
  session_manager         = var.session_manager

  bootstrap = {
    mode         = var.packages_url == "" ? "configure" : "full"
    packages_url = var.packages_url

    # Only the function moves this group: a standby without the Elastic IP does not reach Route 53.
    services = ["agent"]
  }

  nodes = { for name, n in local.edge_nodes : name => {
    priority = n.priority, interfaces = [module.edge_interfaces.interfaces[name]]
  } }
}

module "core" {
  source = "../../modules/node"

  name                    = "${var.name}-core"
  group                   = "core"
  ami_id                  = var.ami_id
  configuration_parameter = module.controller.configuration_parameter
  policy_json             = module.controller.node_policies["core"]
  session_manager         = var.session_manager
  floating_interfaces     = 1

  bootstrap = {
    mode         = var.packages_url == "" ? "configure" : "full"
    packages_url = var.packages_url
  }

  nodes = { for name, n in local.core_nodes : name => {
    priority       = n.priority
    service_device = 1
    interfaces     = [module.core_interfaces.interfaces["${name}-management"], module.core_interfaces.interfaces["${name}-data"]]
  } }
}

module "addresses" {
  source = "../../modules/addresses"

  name        = "${var.name}-edge"
  group       = "edge"
  vpc_cidr    = var.cidr
  elastic_ips = { public = { private_ips = { for name, n in local.edge_nodes : name => n.private_ip } } }
  overlay_routes = { overlay = {
    destination        = local.overlay
    route_table_ids    = module.network.route_table_ids
    first_interface_id = module.edge_interfaces.interfaces["edge-1"].id
  } }
}

module "core_addresses" {
  source = "../../modules/addresses"

  name  = "${var.name}-core"
  group = "core"
  floating_interfaces = { storage = {
    subnet             = module.network.subnets["core"]
    private_ip         = cidrhost(local.core_cidr, 60)
    security_group_ids = [module.core_interfaces.security_group_ids["data"]]
    device_index       = 2
  } }
}

module "dns" {
  source = "../../modules/dns"

  group            = "edge"
  zones            = { inside = { domain = var.domain, vpc_ids = [module.network.vpc_id] } }
  cnames           = { "sip.${var.domain}" = { zone = "inside", target = module.addresses.elastic_ips["public"].public_dns } }
  floating_records = { "edge.${var.domain}" = { zone = "inside", first_address = local.edge_nodes["edge-1"].private_ip } }
}

module "controller" {
  source = "../../modules/controller"

  name          = var.name
  lambda_zip    = var.lambda_zip
  notify_emails = var.notify_emails

  groups = {
    edge = {
      nodes     = module.edge.nodes
      addresses = concat(module.addresses.failover_addresses, module.dns.failover_addresses)
      health    = { fall = 3, rise = 2, probes = [{ tcp = 443, timeout = "500ms" }, { ec2_status = true }] }
      policy = {
        failback = { mode = "auto", stable = "10m", window = "02:00-04:00" }
        fence    = [{ rung = "isolate", security_group = module.edge_interfaces.isolation_security_group_id }]
      }
      verify    = { names = ["sip.${var.domain}"], resolvers = { inside = ["169.254.169.253"] }, through = true, timeout = "60s" }
      heartbeat = { namespace = "Failover", metric = "Heartbeat" }
    }
    core = {
      nodes     = module.core.nodes
      addresses = concat(module.core_interfaces.failover_addresses, module.core_addresses.failover_addresses)
      health    = { probes = [{ tcp = 5432, timeout = "500ms" }, { ec2_status = true }] }
      policy    = { failback = { mode = "never" }, fence = [{ rung = "detach" }, { rung = "stop" }] }
    }
  }
}

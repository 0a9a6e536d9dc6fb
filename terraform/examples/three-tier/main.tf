# Web (Elastic IP between zones), application (dual-homed: both its interfaces move to the hot standby) and data
# (a floating private address). One controller, inside the VPC, serves all three.
locals {
  web_nodes = { for i, zone in var.availability_zones : "web-${i + 1}" => { subnet = "public-${i + 1}", priority = i + 1 } }
  app_nodes = { for i in range(2) : "app-${i + 1}" => { priority = i + 1 } }
  db_nodes  = { for i in range(2) : "db-${i + 1}" => { priority = i + 1, private_ip = cidrhost(local.subnets["data-1"].cidr, 10 * (i + 1)) } }

  # The application and the data stand in the first zone: neither an interface nor a private address can leave it.
  subnets = merge(
    { for i, zone in var.availability_zones : "public-${i + 1}" => { tier = "public", availability_zone = zone, cidr = cidrsubnet(var.cidr, 8, i) } },
    {
      management-1 = { tier = "private", availability_zone = var.availability_zones[0], cidr = cidrsubnet(var.cidr, 8, 10) }
      app-1        = { tier = "private", availability_zone = var.availability_zones[0], cidr = cidrsubnet(var.cidr, 8, 11) }
      data-1       = { tier = "data", availability_zone = var.availability_zones[0], cidr = cidrsubnet(var.cidr, 8, 20) }
    },
  )
}

module "network" {
  source = "../../modules/network"

  name                       = var.name
  cidr                       = var.cidr
  subnets                    = local.subnets
  interface_endpoints        = concat(["ec2", "ssm", "logs", "sns", "sqs", "monitoring"], var.session_manager ? ["ssmmessages"] : [])
  interface_endpoint_subnets = ["management-1", "public-2"]
}

module "web_interfaces" {
  source = "../../modules/interfaces"

  name   = "${var.name}-web"
  group  = "web"
  vpc_id = module.network.vpc_id
  roles = {
    service = {
      description = "Public HTTPS"
      ingress     = [{ description = "HTTPS from anywhere", protocol = "tcp", from_port = 443, to_port = 443, cidr_ipv4 = "0.0.0.0/0" }]
      egress = [
        { description = "HTTPS to the AWS APIs", protocol = "tcp", from_port = 443, to_port = 443, cidr_ipv4 = "0.0.0.0/0" },
        { description = "Application", protocol = "tcp", from_port = 8080, to_port = 8080, cidr_ipv4 = local.subnets["app-1"].cidr },
      ]
    }
    controller = {
      description = "The function inside the VPC"
      egress = [
        { description = "HTTPS to the AWS APIs and probes of the web", protocol = "tcp", from_port = 443, to_port = 443, cidr_ipv4 = "0.0.0.0/0" },
        { description = "Probes of the application", protocol = "tcp", from_port = 8080, to_port = 8080, cidr_ipv4 = local.subnets["management-1"].cidr },
        { description = "Probes of the data", protocol = "tcp", from_port = 3306, to_port = 3306, cidr_ipv4 = local.subnets["data-1"].cidr },
      ]
    }
  }
  interfaces = { for name, n in local.web_nodes : name => { subnet = module.network.subnets[n.subnet], role = "service" } }
}

module "app_interfaces" {
  source = "../../modules/interfaces"

  name   = "${var.name}-app"
  group  = "app"
  vpc_id = module.network.vpc_id
  roles = {
    management = {
      description = "Agents, administration and probes"
      ingress     = [{ description = "Health of the application", protocol = "tcp", from_port = 8080, to_port = 8080, cidr_ipv4 = var.cidr }]
      egress = [
        { description = "HTTPS to the AWS APIs", protocol = "tcp", from_port = 443, to_port = 443, cidr_ipv4 = "0.0.0.0/0" },
        { description = "Probes of the other node", protocol = "tcp", from_port = 8080, to_port = 8080, role = "management" },
      ]
    }
    service = {
      description = "Application for the web tier"
      ingress     = [{ description = "Application from the VPC", protocol = "tcp", from_port = 8080, to_port = 8080, cidr_ipv4 = var.cidr }]
    }
    data = {
      description = "Application to the data tier"
      egress      = [{ description = "MySQL", protocol = "tcp", from_port = 3306, to_port = 3306, cidr_ipv4 = local.subnets["data-1"].cidr }]
    }
  }
  interfaces = { for name, n in local.app_nodes : name => { subnet = module.network.subnets["management-1"], role = "management" } }
}

module "db_interfaces" {
  source = "../../modules/interfaces"

  name   = "${var.name}-db"
  group  = "db"
  vpc_id = module.network.vpc_id
  roles = { data = {
    description = "MySQL for the application"
    ingress = [
      { description = "MySQL from the application", protocol = "tcp", from_port = 3306, to_port = 3306, cidr_ipv4 = local.subnets["data-1"].cidr },
      { description = "MySQL between the nodes", protocol = "tcp", from_port = 3306, to_port = 3306, role = "data" },
      { description = "Probes of the function", protocol = "tcp", from_port = 3306, to_port = 3306, cidr_ipv4 = local.subnets["management-1"].cidr },
      { description = "Probes of the function", protocol = "tcp", from_port = 3306, to_port = 3306, cidr_ipv4 = local.subnets["public-2"].cidr },
    ]
    egress = [
      { description = "HTTPS to the AWS APIs", protocol = "tcp", from_port = 443, to_port = 443, cidr_ipv4 = "0.0.0.0/0" },
      { description = "MySQL between the nodes", protocol = "tcp", from_port = 3306, to_port = 3306, role = "data" },
    ]
  } }
  interfaces           = { for name, n in local.db_nodes : name => { subnet = module.network.subnets["data-1"], role = "data", private_ip = n.private_ip } }
  floating_private_ips = { vip = { subnet = module.network.subnets["data-1"], address = cidrhost(local.subnets["data-1"].cidr, 50) } }
}

module "web_addresses" {
  source = "../../modules/addresses"

  name        = "${var.name}-web"
  group       = "web"
  elastic_ips = { public = {} }
}

module "addresses" {
  source = "../../modules/addresses"

  name  = "${var.name}-app"
  group = "app"
  floating_interfaces = {
    front = {
      subnet             = module.network.subnets["app-1"]
      private_ip         = cidrhost(local.subnets["app-1"].cidr, 50)
      security_group_ids = [module.app_interfaces.security_group_ids["service"]]
      device_index       = 1
    }
    back = {
      subnet             = module.network.subnets["data-1"]
      private_ip         = cidrhost(local.subnets["data-1"].cidr, 60)
      security_group_ids = [module.app_interfaces.security_group_ids["data"]]
      device_index       = 2
    }
  }
}

module "web" {
  source = "../../modules/node"

  name                    = "${var.name}-web"
  group                   = "web"
  ami_id                  = var.ami_id
  configuration_parameter = module.controller.configuration_parameter
  policy_json             = module.controller.node_policies["web"]
  session_manager         = var.session_manager

  bootstrap = {
    mode         = var.packages_url == "" ? "configure" : "full"
    packages_url = var.packages_url
  }

  nodes = { for name, n in local.web_nodes : name => {
    priority = n.priority, interfaces = [module.web_interfaces.interfaces[name]]
  } }
}

module "app" {
  source = "../../modules/node"

  name                    = "${var.name}-app"
  group                   = "app"
  ami_id                  = var.ami_id
  configuration_parameter = module.controller.configuration_parameter
  policy_json             = module.controller.node_policies["app"]
  session_manager         = var.session_manager
  floating_interfaces     = 2

  bootstrap = {
    mode         = var.packages_url == "" ? "configure" : "full"
    packages_url = var.packages_url
  }

  nodes = { for name, n in local.app_nodes : name => {
    priority = n.priority, interfaces = [module.app_interfaces.interfaces[name]]
  } }
}

module "db" {
  source = "../../modules/node"

  name                    = "${var.name}-db"
  group                   = "db"
  ami_id                  = var.ami_id
  configuration_parameter = module.controller.configuration_parameter
  policy_json             = module.controller.node_policies["db"]
  session_manager         = var.session_manager

  bootstrap = {
    mode         = var.packages_url == "" ? "configure" : "full"
    packages_url = var.packages_url
  }

  nodes = { for name, n in local.db_nodes : name => {
    priority = n.priority, interfaces = [module.db_interfaces.interfaces[name]]
  } }
}

module "controller" {
  source = "../../modules/controller"

  name          = var.name
  lambda_zip    = var.lambda_zip
  notify_emails = var.notify_emails

  # Inside, it probes as the watchers do.
  vpc = {
    subnet_ids         = [module.network.subnets["management-1"].id, module.network.subnets["public-2"].id]
    security_group_ids = [module.web_interfaces.security_group_ids["controller"]]
  }

  groups = {
    web = {
      nodes     = module.web.nodes
      addresses = module.web_addresses.failover_addresses
      health    = { probes = [{ tcp = 443, timeout = "500ms" }, { ec2_status = true }] }
      verify    = { guest = true }
    }
    app = {
      nodes     = module.app.nodes
      addresses = module.addresses.failover_addresses
      health    = { probes = [{ http = ":8080/healthz", expect = 200 }, { ec2_status = true }] }
    }
    db = {
      nodes     = module.db.nodes
      addresses = module.db_interfaces.failover_addresses
      health    = { probes = [{ tcp = 3306, timeout = "500ms" }, { ec2_status = true }] }
      policy    = { fence = [{ rung = "stop" }] }
    }
  }
}

# The first run is the world after a failover; the second plans what the configuration said before it.
mock_provider "aws" {
  source = "../../../tests/terraform/mocks/aws"
}

variables {
  name   = "demo"
  group  = "db"
  vpc_id = "vpc-0123456789abcdef0"
  roles  = { service = { description = "Database" } }
  interfaces = {
    db-1 = { subnet = { id = "subnet-2", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, role = "service", private_ip = "10.0.1.10", ipv6_address_count = 1 }
  }
}

run "world_with_the_private_ip_on_this_node" {
  variables {
    interfaces = {
      db-1 = {
        subnet                = { id = "subnet-2", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, role = "service"
        private_ip            = "10.0.1.10"
        secondary_private_ips = ["10.0.1.50"]
        ipv6_address_count    = 2
      }
    }
  }
}

run "after_failover_private_ip_and_ipv6_stay" {
  command = plan

  assert {
    condition     = aws_network_interface.this["db-1"].private_ip_list == tolist(["10.0.1.10", "10.0.1.50"])
    error_message = "an apply takes the floating address away"
  }
  assert {
    condition     = aws_network_interface.this["db-1"].ipv6_address_count == 2
    error_message = "an apply takes the floating IPv6 address away"
  }
}

run "after_fence_the_isolated_node_stays_isolated" {
  command = plan
  variables {
    roles = {
      service = { description = "Database" }
      other   = { description = "Stands for any difference between the configured and the actual groups" }
    }
    interfaces = {
      db-1 = { subnet = { id = "subnet-2", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, role = "other", private_ip = "10.0.1.10" }
    }
  }

  assert {
    condition     = aws_network_interface.this["db-1"].security_groups == toset([aws_security_group.role["service"].id])
    error_message = "an apply lifts the fence"
  }
}

run "world_with_an_address_of_aws_choice" {
  state_key = "chosen"
  variables {
    interfaces = { db-1 = { subnet = { id = "subnet-2", cidr = "10.0.1.0/24", availability_zone = "eu-west-1a" }, role = "service" } }
  }
}

run "after_failover_no_list_of_addresses_is_enforced" {
  command   = plan
  state_key = "chosen"

  assert {
    condition     = aws_network_interface.this["db-1"].private_ip_list_enabled == false
    error_message = "an apply would make the interface hold its list again"
  }
}

data "aws_region" "current" {}

data "aws_ec2_instance_type" "this" {
  instance_type = var.instance_type
}

locals {
  group_tags = { "failover:group" = var.group }

  interfaces_needed = max([for n in values(var.nodes) : length(n.interfaces)]...) + var.floating_interfaces
  in_order          = [for key in sort([for name, n in var.nodes : format("%06d/%s", n.priority, name)]) : split("/", key)[1]]
}

resource "aws_launch_template" "this" {
  for_each = var.nodes

  name_prefix   = "${var.name}-${each.key}-"
  description   = "Node ${each.key} of the failover group ${var.group}"
  image_id      = var.ami_id
  instance_type = var.instance_type
  user_data     = base64encode(local.user_data)

  update_default_version               = true
  ebs_optimized                        = true
  instance_initiated_shutdown_behavior = "stop"

  iam_instance_profile {
    arn = aws_iam_instance_profile.this.arn
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = var.metadata_hop_limit
    instance_metadata_tags      = "enabled"
  }

  # A recovered node comes back alive, believing that it still holds its addresses.
  maintenance_options {
    auto_recovery = var.auto_recovery
  }

  monitoring {
    enabled = var.detailed_monitoring
  }

  block_device_mappings {
    device_name = var.root_device_name

    ebs {
      encrypted             = true
      volume_type           = "gp3"
      volume_size           = var.root_volume_gib
      delete_on_termination = true
    }
  }

  dynamic "network_interfaces" {
    for_each = each.value.interfaces

    content {
      device_index          = network_interfaces.key
      network_card_index    = 0
      network_interface_id  = network_interfaces.value.id
      delete_on_termination = false
    }
  }

  tag_specifications {
    resource_type = "volume"
    tags          = merge(var.tags, { Name = "${var.name}-${each.key}" })
  }

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })

  lifecycle {
    precondition {
      condition     = local.interfaces_needed <= data.aws_ec2_instance_type.this.maximum_network_interfaces
      error_message = "A node needs ${local.interfaces_needed} interfaces (its own and the floating ones), but ${var.instance_type} takes only ${data.aws_ec2_instance_type.this.maximum_network_interfaces}. Choose a larger type."
    }
    precondition {
      condition     = length(base64encode(local.user_data)) * 3 / 4 <= 16384
      error_message = "User data has ${length(base64encode(local.user_data)) * 3 / 4} bytes, and EC2 takes 16,384: shorten setup, or bake what it does into the image."
    }
  }
}

resource "aws_instance" "this" {
  #checkov:skip=CKV_AWS_8:The launch template encrypts the root volume.
  #checkov:skip=CKV_AWS_79:The launch template requires IMDSv2.
  #checkov:skip=CKV_AWS_126:Status checks come each minute without it; who wants the rest says detailed_monitoring.
  #checkov:skip=CKV_AWS_135:The launch template makes it EBS-optimised.
  #checkov:skip=CKV2_AWS_41:The launch template gives it its role.
  for_each = var.nodes

  launch_template {
    id      = aws_launch_template.this[each.key].id
    version = "$Default"
  }

  # Against the console and other programs. An apply that replaces a node says so in its plan, and since 6.8 the provider
  # lets it end a protected instance only where an earlier apply has set force_destroy.
  disable_api_termination = var.termination_protection
  force_destroy           = true

  tags = merge(var.tags, local.group_tags, {
    Name                = each.key
    "failover:priority" = tostring(each.value.priority)
  })

  lifecycle {
    # A new image or script must not replace the node that serves: replace nodes one by one, the standby first.
    # The rest is what a failover or a fence changes: addresses, groups, attached interfaces.
    ignore_changes = [
      ami, launch_template, user_data, user_data_base64,
      network_interface, primary_network_interface, private_ip, secondary_private_ips, ipv6_addresses, ipv6_address_count,
      associate_public_ip_address, security_groups, vpc_security_group_ids, source_dest_check,
    ]
  }
}

output "nodes" {
  description = "The nodes in order of preference, in the form that the controller takes."
  value = [for name in local.in_order : {
    name              = name
    instance          = aws_instance.this[name].id
    interface         = var.nodes[name].interfaces[var.nodes[name].service_device].id
    availability_zone = var.nodes[name].interfaces[var.nodes[name].service_device].availability_zone
    subnet_cidr       = var.nodes[name].interfaces[var.nodes[name].service_device].subnet_cidr
    source_dest_check = var.nodes[name].interfaces[var.nodes[name].service_device].source_dest_check
    reach             = local.reach[name]
  }]
}

output "instance_ids" {
  description = "Ids of the instances by node name."
  value       = { for name, i in aws_instance.this : name => i.id }
}

output "role_name" {
  description = "Name of the nodes' IAM role, for policies of your own."
  value       = aws_iam_role.this.name
}

output "bootstrap_script" {
  description = "The script that bakes an image (install) or configures a node (configure)."
  value       = file("${path.module}/files/bootstrap.sh")
}

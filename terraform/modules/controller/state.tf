locals {
  table_name     = "${var.name}-failover"
  parameter_name = "/failover/${var.name}"

  function_reads_parameter = var.function_configuration == "parameter"
  function_parameter_name  = "${local.parameter_name}/function"
}

# Lease and journal.
resource "aws_dynamodb_table" "state" {
  #checkov:skip=CKV_AWS_119:Encrypted with a key of the service; a key of one's own must work whenever a lease is taken.
  #checkov:skip=CKV2_AWS_16:On demand: there is no capacity to scale.
  name         = local.table_name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "group"
  range_key    = "item"

  deletion_protection_enabled = true

  attribute {
    name = "group"
    type = "S"
  }

  attribute {
    name = "item"
    type = "S"
  }

  # Clears old journals. Deletion is days late, so no lease may depend on it.
  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  tags = merge(var.tags, { Name = local.table_name })
}

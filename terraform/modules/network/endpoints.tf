# The lease table (DynamoDB) and packages (S3) stay reachable when the address that gave internet access is gone.
resource "aws_vpc_endpoint" "gateway" {
  for_each = toset(["dynamodb", "s3"])

  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${local.region}.${each.key}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for table in aws_route_table.this : table.id]
  tags              = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_vpc_endpoint" "interface" {
  for_each = var.interface_endpoints

  vpc_id              = aws_vpc.this.id
  service_name        = "${contains(local.services_of_china, each.key) ? "cn." : ""}com.amazonaws.${local.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for name in var.interface_endpoint_subnets : aws_subnet.this[name].id]
  security_group_ids  = [aws_security_group.endpoints[0].id]
  tags                = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_security_group" "endpoints" {
  count = length(var.interface_endpoints) > 0 ? 1 : 0

  name        = "${var.name}-endpoints"
  description = "HTTPS from the VPC to the AWS APIs"
  vpc_id      = aws_vpc.this.id
  tags        = merge(var.tags, { Name = "${var.name}-endpoints" })
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  count = length(var.interface_endpoints) > 0 ? 1 : 0

  security_group_id = aws_security_group.endpoints[0].id
  description       = "HTTPS from the VPC"
  cidr_ipv4         = var.cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

locals {
  region = data.aws_region.current.region

  # In China the interface endpoints of some services bear a prefix, those of others (dynamodb, logs, sns, ssm) do not,
  # nor do gateway endpoints (the AWS CDK's list, aws-ec2/lib/vpc-endpoint.ts). These are the ones that nodes may need.
  services_of_china = data.aws_partition.current.partition != "aws-cn" ? [] : [
    "autoscaling", "ec2", "ecr.api", "ecr.dkr", "lambda", "monitoring", "s3", "sqs", "sts",
  ]
}

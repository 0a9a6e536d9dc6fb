resource "aws_iam_role" "this" {
  name_prefix = "${substr(var.name, 0, 26)}-node-"
  description = "Nodes of the failover group ${var.group}"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.${data.aws_partition.current.dns_suffix}" }
    }]
  })
}

data "aws_partition" "current" {}

resource "aws_iam_role_policy" "failover" {
  name   = "failover"
  role   = aws_iam_role.this.id
  policy = var.policy_json
}

resource "aws_iam_role_policy" "packages" {
  count = var.bootstrap.packages_url == "" ? 0 : 1

  name = "packages"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["arn:${data.aws_partition.current.partition}:s3:::${trimprefix(trimsuffix(var.bootstrap.packages_url, "/"), "s3://")}/*"]
      },
      {
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = ["arn:${data.aws_partition.current.partition}:s3:::${split("/", trimprefix(var.bootstrap.packages_url, "s3://"))[0]}"]
      },
    ]
  })
}

# AmazonSSMManagedInstanceCore would also let a node read every parameter of the account.
resource "aws_iam_role_policy" "session_manager" {
  #checkov:skip=CKV_AWS_355:The channels of Session Manager know no resource.
  #checkov:skip=CKV_AWS_290:The channels of Session Manager know no resource; who may open a session is a right of people.
  count = var.session_manager ? 1 : 0

  name = "session-manager"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        "ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
      ]
      Resource = ["*"]
    }]
  })
}

resource "aws_iam_role_policy_attachment" "further" {
  for_each = var.managed_policy_arns

  role       = aws_iam_role.this.name
  policy_arn = each.value
}

resource "aws_iam_instance_profile" "this" {
  name_prefix = "${substr(var.name, 0, 26)}-node-"
  role        = aws_iam_role.this.name
  tags        = var.tags
}

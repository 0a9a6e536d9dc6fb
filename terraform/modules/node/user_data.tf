locals {
  settings = join("\n", [
    "FAILOVER_REQUIREMENT='${var.bootstrap.requirement}'",
    "FAILOVER_PACKAGES_URL='${var.bootstrap.packages_url}'",
    "FAILOVER_PARAMETER='${var.configuration_parameter}'",
    "FAILOVER_SERVICES='${join(" ", var.bootstrap.services)}'",
    "AWS_DEFAULT_REGION='${data.aws_region.current.region}'",
    "",
  ])

  actions = { full = ["install", "configure"], configure = ["configure"], none = [] }

  commands = concat(
    var.setup == "" ? [] : [["/usr/local/sbin/node-setup"]],
    [for action in local.actions[var.bootstrap.mode] : ["/usr/local/sbin/failover-bootstrap", action]],
  )

  user_data = join("\n", ["#cloud-config", yamlencode(merge(length(local.commands) == 0 ? {} : { runcmd = local.commands }, {
    write_files = concat(
      var.setup == "" ? [] : [
        { path = "/usr/local/sbin/node-setup", permissions = "0755", encoding = "gz+b64", content = base64gzip(var.setup) },
      ],
      [
        { path = "/usr/local/sbin/failover-bootstrap", permissions = "0755", encoding = "gz+b64", content = base64gzip(file("${path.module}/files/bootstrap.sh")) },
        { path = "/etc/failover/bootstrap.env", permissions = "0644", encoding = "b64", content = base64encode(local.settings) },
    ])
  }))])
}

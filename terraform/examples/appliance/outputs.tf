output "failover_config" {
  description = "`terraform output -json failover_config > failover.json`, then `failover config check failover.json`."
  value       = module.controller.failover_config
}

output "function_name" {
  description = "The function, for moves by hand from outside the VPC."
  value       = module.controller.function_name
}

output "alarm_names" {
  description = "Alarms that start a failover, for drills with SetAlarmState."
  value       = module.controller.alarm_names
}

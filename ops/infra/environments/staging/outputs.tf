output "url" {
  description = "Where the application answers."
  value       = module.load_balancer.url
}

output "dns_name" {
  description = "Host name of the load balancer, to which the domain's record points."
  value       = module.load_balancer.dns_name
}

output "zone_id" {
  description = "Zone of that host name, for an alias record of Route 53."
  value       = module.load_balancer.zone_id
}

output "db_address" {
  description = "Host name of the database: db_host in db_creds."
  value       = module.database.address
}

output "db_identifier" {
  description = "Name of the database instance, for restoring."
  value       = module.database.identifier
}

output "cluster_name" {
  description = "Name of the ECS cluster."
  value       = module.service.cluster_name
}

output "service_name" {
  description = "Name of the ECS service, and of its container."
  value       = module.service.service_name
}

output "task_definition_family" {
  description = "Family whose newest revision a deployment takes as its pattern."
  value       = module.service.task_definition_family
}

output "public_ids" {
  description = "Subnets of tasks, for a one-off task."
  value       = module.my_vpc.public_ids
}

output "ecs_sg_id" {
  description = "Security group of tasks, for a one-off task."
  value       = module.security_group.ecs_sg_id
}

output "log_group_name" {
  description = "Log group of the application."
  value       = module.logs.log_group_name
}

output "alarm_topic_arn" {
  description = "Topic of the alarms and the budget."
  value       = module.alarms.topic_arn
}

output "cluster_name" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}

output "service_name" {
  description = "Name of the service in the cluster, and of its container."
  value       = aws_ecs_service.this.name
}

output "task_definition_family" {
  description = "Family whose newest revision the pipeline takes as its pattern."
  value       = aws_ecs_task_definition.this.family
}

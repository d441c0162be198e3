output "alb_sg_id" {
  description = "Id of the load balancer's security group."
  value       = aws_security_group.alb.id
}

output "ecs_sg_id" {
  description = "Id of the tasks' security group."
  value       = aws_security_group.ecs.id
}

output "db_sg_id" {
  description = "Id of the database's security group."
  value       = aws_security_group.db.id
}

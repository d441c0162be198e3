output "execution_role_arn" {
  description = "ARN of the role with which ECS starts tasks."
  value       = aws_iam_role.execution.arn
}

output "task_role_arn" {
  description = "ARN of the application's role, which has no rights."
  value       = aws_iam_role.task.arn
}

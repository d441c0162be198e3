output "db_creds_arn" {
  description = "ARN of db_creds."
  value       = data.aws_secretsmanager_secret.db_creds.arn
}

output "registry_creds_arn" {
  description = "ARN of registry_creds."
  value       = data.aws_secretsmanager_secret.registry_creds.arn
}

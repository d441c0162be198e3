output "state_bucket" {
  description = "The infrastructure repository's variable STATE_BUCKET."
  value       = aws_s3_bucket.state.bucket
}

output "infra_roles" {
  description = "For each environment the variable AWS_INFRA_ROLE of the infrastructure repository's GitHub environment."
  value       = { for environment, role in aws_iam_role.infra : environment => role.arn }
}

output "deploy_roles" {
  description = "For each environment the variable AWS_DEPLOY_ROLE of the application repository's GitHub environment."
  value       = { for environment, role in aws_iam_role.deploy : environment => role.arn }
}

output "plan_roles" {
  description = "For each environment that has one, the role for pull requests: the infrastructure repository's variable AWS_PLAN_ROLE."
  value       = { for environment, role in aws_iam_role.plan : environment => role.arn }
}

output "permissions_boundaries" {
  description = "For each environment the boundary of the roles that its pipeline makes."
  value       = { for environment, policy in aws_iam_policy.boundary : environment => policy.arn }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

# Names are known before the things: roles are made first, and only for things of these names.
locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  state_bucket_arn = "arn:${local.partition}:s3:::${var.state_bucket}"

  names = { for environment in keys(var.github_subjects) : environment => {
    app           = "${environment}-tickbox"
    ecs           = "arn:${local.partition}:ecs:${var.region}:${local.account}"
    log_group_arn = "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:/ecs/${environment}-tickbox"
    # Secrets Manager appends a hyphen and six characters of its own to the name.
    db_creds_arn       = "arn:${local.partition}:secretsmanager:${var.region}:${local.account}:secret:${environment}/db_creds-??????"
    registry_creds_arn = "arn:${local.partition}:secretsmanager:${var.region}:${local.account}:secret:${environment}/registry_creds-??????"
    role_arns = [
      "arn:${local.partition}:iam::${local.account}:role/${environment}-ecsTaskExecutionRole",
      "arn:${local.partition}:iam::${local.account}:role/${environment}-tickbox-task",
    ]
  } }
}

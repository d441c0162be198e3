# Two roles: ECS itself takes the first to start a task, the program in the task has the second.

locals {
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

# Narrower than AWS's own AmazonECSTaskExecutionRolePolicy, which may write to every log group and read every
# repository of ECR. Secrets under a key of one's own would need kms:Decrypt of it besides.
resource "aws_iam_role" "execution" {
  name                 = "${var.environment_name}-ecsTaskExecutionRole"
  description          = "Starts tasks of ${var.environment_name}: reads their two secrets, writes their log"
  assume_role_policy   = local.trust
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "execution" {
  name = "secrets-and-log"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [var.db_creds_arn, var.registry_creds_arn]
      },
      {
        Sid      = "WriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${var.log_group_arn}:log-stream:*"
      },
    ]
  })
}

# Without any policy: the application calls nothing of AWS. Whoever breaks into it finds credentials of no use.
resource "aws_iam_role" "task" {
  name                 = "${var.environment_name}-tickbox-task"
  description          = "The application in ${var.environment_name}: has no rights"
  assume_role_policy   = local.trust
  permissions_boundary = var.permissions_boundary_arn
}

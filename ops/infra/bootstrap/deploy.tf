# What the application's pipeline does and nothing more: register a task definition, run its migration once,
# give it to the one service, and look on until it is stable.
resource "aws_iam_role" "deploy" {
  for_each = var.github_subjects

  name                 = "${each.key}-tickbox-deploy"
  description          = "Deploys the application to ${each.key}"
  assume_role_policy   = local.trust["${each.key}/deploy"]
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "deploy" {
  for_each = aws_iam_role.deploy

  name = "deploy"
  role = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # AWS names no resource for describing one.
        Sid      = "ReadTaskDefinitions"
        Effect   = "Allow"
        Action   = "ecs:DescribeTaskDefinition"
        Resource = "*"
      },
      {
        Sid      = "RegisterTaskDefinitions"
        Effect   = "Allow"
        Action   = "ecs:RegisterTaskDefinition"
        Resource = "${local.names[each.key].ecs}:task-definition/${local.names[each.key].app}:*"
      },
      {
        Sid      = "TheService"
        Effect   = "Allow"
        Action   = ["ecs:UpdateService", "ecs:DescribeServices"]
        Resource = "${local.names[each.key].ecs}:service/${local.names[each.key].app}/tickbox"
      },
      {
        Sid       = "OneOffTasks"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = "${local.names[each.key].ecs}:task-definition/${local.names[each.key].app}:*"
        Condition = { ArnEquals = { "ecs:cluster" = "${local.names[each.key].ecs}:cluster/${local.names[each.key].app}" } }
      },
      {
        Sid      = "WatchTasks"
        Effect   = "Allow"
        Action   = "ecs:DescribeTasks"
        Resource = "${local.names[each.key].ecs}:task/${local.names[each.key].app}/*"
      },
      {
        Sid       = "RolesOfTheTasks"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = local.names[each.key].role_arns
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        # A migration that failed says why in its log, which the job then shows.
        Sid      = "FindLogLines"
        Effect   = "Allow"
        Action   = "logs:FilterLogEvents"
        Resource = "${local.names[each.key].log_group_arn}:*"
      },
      {
        Sid      = "ReadLogStreams"
        Effect   = "Allow"
        Action   = "logs:GetLogEvents"
        Resource = "${local.names[each.key].log_group_arn}:log-stream:*"
      },
    ]
  })
}

mock_provider "aws" {}

variables {
  environment_name   = "test"
  db_creds_arn       = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:test/db_creds-AbCdEf"
  registry_creds_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:test/registry_creds-AbCdEf"
  log_group_arn      = "arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/test-tickbox"
}

run "the_execution_role_reads_two_secrets_and_writes_one_log" {
  command = plan

  assert {
    condition     = aws_iam_role.execution.name == "test-ecsTaskExecutionRole"
    error_message = "The role has the agreed name."
  }

  # The whole policy, so that nothing can be added unseen.
  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_role_policy.execution.policy).Statement : statement.Sid => {
      effect    = statement.Effect
      actions   = sort(flatten([statement.Action]))
      resources = sort(flatten([statement.Resource]))
      } }) == jsonencode({
      ReadSecrets = {
        effect    = "Allow"
        actions   = ["secretsmanager:GetSecretValue"]
        resources = [var.db_creds_arn, var.registry_creds_arn]
      }
      WriteLog = {
        effect    = "Allow"
        actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        resources = ["arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/test-tickbox:log-stream:*"]
      }
    })
    error_message = "The execution role may read the two secrets and write the one log, and nothing else."
  }
}

run "ecs_tasks_alone_take_the_roles" {
  command = plan

  assert {
    condition = alltrue([for role in [aws_iam_role.execution, aws_iam_role.task] :
      jsonencode([for statement in jsondecode(role.assume_role_policy).Statement : statement.Principal]) == jsonencode([{ Service = "ecs-tasks.amazonaws.com" }])
    ])
    error_message = "Nobody but ECS may take the roles."
  }

  assert {
    condition     = aws_iam_role.execution.permissions_boundary == null && aws_iam_role.task.permissions_boundary == null
    error_message = "There is no boundary unless one is given."
  }
}

run "a_boundary_bounds_both_roles" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/test-tickbox-boundary"
  }

  assert {
    condition     = aws_iam_role.execution.permissions_boundary == var.permissions_boundary_arn && aws_iam_role.task.permissions_boundary == var.permissions_boundary_arn
    error_message = "The boundary must be on both roles."
  }
}

run "a_wildcard_for_a_secret_is_refused" {
  command = plan

  variables {
    db_creds_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:*"
  }

  expect_failures = [var.db_creds_arn]
}

run "all_resources_for_the_registry_are_refused" {
  command = plan

  variables {
    registry_creds_arn = "*"
  }

  expect_failures = [var.registry_creds_arn]
}

run "all_log_groups_are_refused" {
  command = plan

  variables {
    log_group_arn = "arn:aws:logs:eu-central-1:123456789012:log-group:*"
  }

  expect_failures = [var.log_group_arn]
}

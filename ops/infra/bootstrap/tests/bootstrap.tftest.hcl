# Plans only, for the bucket refuses to be destroyed after an apply.
mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }

  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/the-boundary" }
  }
}

variables {
  state_bucket = "tickbox-state-123456789012"

  github_subjects = {
    staging = {
      infra  = ["repo:example@1/tickbox-infra@2:environment:staging"]
      deploy = ["repo:example@1/tickbox@3:environment:staging"]
      plan   = ["repo:example@1/tickbox-infra@2:pull_request"]
    }
    production = {
      infra  = ["repo:example@1/tickbox-infra@2:environment:production"]
      deploy = ["repo:example@1/tickbox@3:environment:production"]
    }
  }
}

run "only_the_exact_subject_takes_a_role" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.deploy["staging"].assume_role_policy).Statement == [{
      Action    = "sts:AssumeRoleWithWebIdentity"
      Effect    = "Allow"
      Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = ["repo:example@1/tickbox@3:environment:staging"]
        }
      }
    }]
    error_message = "The deploy role of staging must trust the application's staging jobs only, by StringEquals."
  }

  assert {
    condition = alltrue([for role in concat(values(aws_iam_role.infra), values(aws_iam_role.deploy), values(aws_iam_role.plan)) :
      keys(jsondecode(role.assume_role_policy).Statement[0].Condition) == ["StringEquals"]
    ])
    error_message = "No role's trust may compare by pattern."
  }

  assert {
    condition     = keys(aws_iam_role.plan) == ["staging"]
    error_message = "Only staging was given subjects for plans."
  }
}

run "the_deploy_role_reaches_one_service" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.deploy["staging"].policy).Statement : statement.Sid if statement.Resource == "*"] == [
      "ReadTaskDefinitions",
    ]
    error_message = "Nothing but describing task definitions may be allowed everywhere."
  }

  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.deploy["production"].policy).Statement :
      !strcontains(jsonencode(statement), "staging")
    ])
    error_message = "What deploys to production must not reach staging."
  }

  assert {
    condition = one([for statement in jsondecode(aws_iam_role_policy.deploy["staging"].policy).Statement : statement if statement.Sid == "RolesOfTheTasks"]) == {
      Sid    = "RolesOfTheTasks"
      Effect = "Allow"
      Action = "iam:PassRole"
      Resource = [
        "arn:aws:iam::123456789012:role/staging-ecsTaskExecutionRole",
        "arn:aws:iam::123456789012:role/staging-tickbox-task",
      ]
      Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
    }
    error_message = "Exactly the two roles may be passed on, to tasks only."
  }

  assert {
    condition = one([for statement in jsondecode(aws_iam_role_policy.deploy["staging"].policy).Statement : statement if statement.Sid == "OneOffTasks"]) == {
      Sid       = "OneOffTasks"
      Effect    = "Allow"
      Action    = "ecs:RunTask"
      Resource  = "arn:aws:ecs:eu-central-1:123456789012:task-definition/staging-tickbox:*"
      Condition = { ArnEquals = { "ecs:cluster" = "arn:aws:ecs:eu-central-1:123456789012:cluster/staging-tickbox" } }
    }
    error_message = "One-off tasks may be of the one family in the one cluster only."
  }
}

run "roles_are_made_below_the_boundary_only" {
  command = plan

  assert {
    condition = alltrue([for policy in values(aws_iam_role_policy.infra_roles) : alltrue([
      for statement in jsondecode(policy.policy).Statement :
      try(statement.Condition.ArnEquals["iam:PermissionsBoundary"], "") == "arn:aws:iam::123456789012:policy/the-boundary"
      if contains(flatten([statement.Action]), "iam:CreateRole") || contains(flatten([statement.Action]), "iam:PutRolePolicy")
    ])])
    error_message = "A role without the boundary could be given all rights."
  }

  assert {
    condition     = !strcontains(join("", [for policy in values(aws_iam_role_policy.infra_roles) : policy.policy]), "DeleteRolePermissionsBoundary")
    error_message = "Whoever may take the boundary away has none."
  }

  assert {
    condition = toset(flatten([for statement in jsondecode(aws_iam_policy.boundary["staging"].policy).Statement : statement.Action])) == toset([
      "logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue",
    ])
    error_message = "Tasks read their secrets and write their log, nothing else."
  }
}

run "planning_changes_nothing" {
  command = plan

  assert {
    condition = alltrue(flatten([for statement in jsondecode(aws_iam_policy.read["staging"].policy).Statement : [
      for action in flatten([statement.Action]) : can(regex("^[a-z0-9-]+:(Describe|Get|List|View)[A-Za-z]+$", action))
    ]]))
    error_message = "The role for pull requests may only read."
  }
}

# IAM counts without blanks: 10,240 characters for all that is inside a role, 6,144 for a policy by itself.
run "policies_fit_into_iam" {
  command = plan

  assert {
    condition = alltrue([for environment in keys(var.github_subjects) : 10240 >= sum([
      for policies in [aws_iam_role_policy.infra_state, aws_iam_role_policy.infra_network, aws_iam_role_policy.infra_application, aws_iam_role_policy.infra_roles] :
      length(policies[environment].policy)
    ])])
    error_message = "The infra role's own policies are too long together; give one of them a policy by itself."
  }

  assert {
    condition     = alltrue([for policy in concat(values(aws_iam_policy.read), values(aws_iam_policy.boundary)) : length(policy.policy) <= 6144])
    error_message = "A policy by itself is too long."
  }
}

run "the_state_is_kept_and_kept_private" {
  command = plan

  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "A state must be there to return to."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.state.block_public_acls,
      aws_s3_bucket_public_access_block.state.block_public_policy,
      aws_s3_bucket_public_access_block.state.ignore_public_acls,
      aws_s3_bucket_public_access_block.state.restrict_public_buckets,
    ])
    error_message = "The state must not become public in any of the four ways."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.state.policy).Statement == [{
      Sid       = "OnlyByTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::tickbox-state-123456789012", "arn:aws:s3:::tickbox-state-123456789012/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The bucket must refuse what comes without TLS."
  }
}

run "an_asterisk_is_refused" {
  command = plan

  variables {
    github_subjects = { staging = {
      infra  = ["repo:example/tickbox-infra:environment:staging"]
      deploy = ["repo:example/*:environment:staging"]
    } }
  }

  expect_failures = [var.github_subjects]
}

run "a_question_mark_is_refused" {
  command = plan

  variables {
    github_subjects = { staging = {
      infra  = ["repo:example/tickbox-infr?:environment:staging"]
      deploy = ["repo:example/tickbox:environment:staging"]
    } }
  }

  expect_failures = [var.github_subjects]
}

run "a_branch_instead_of_the_environment_is_refused" {
  command = plan

  variables {
    github_subjects = { staging = {
      infra  = ["repo:example/tickbox-infra:ref:refs/heads/main"]
      deploy = ["repo:example/tickbox:environment:staging"]
    } }
  }

  expect_failures = [var.github_subjects]
}

run "the_other_environment_is_refused" {
  command = plan

  variables {
    github_subjects = { production = {
      infra  = ["repo:example/tickbox-infra:environment:production"]
      deploy = ["repo:example/tickbox:environment:staging"]
    } }
  }

  expect_failures = [var.github_subjects]
}

run "a_pull_request_may_not_apply" {
  command = plan

  variables {
    github_subjects = { staging = {
      infra  = ["repo:example/tickbox-infra:pull_request"]
      deploy = ["repo:example/tickbox:environment:staging"]
    } }
  }

  expect_failures = [var.github_subjects]
}

run "a_plan_for_all_branches_is_refused" {
  command = plan

  variables {
    github_subjects = { staging = {
      infra  = ["repo:example/tickbox-infra:environment:staging"]
      deploy = ["repo:example/tickbox:environment:staging"]
      plan   = ["repo:example/tickbox-infra:ref:refs/heads/main"]
    } }
  }

  expect_failures = [var.github_subjects]
}

run "one_repository_for_both_is_refused" {
  command = plan

  variables {
    github_subjects = { staging = {
      infra  = ["repo:example/tickbox:environment:staging"]
      deploy = ["repo:example/tickbox:environment:staging"]
    } }
  }

  expect_failures = [var.github_subjects]
}

run "a_role_for_nobody_is_refused" {
  command = plan

  variables {
    github_subjects = { staging = {
      infra  = ["repo:example/tickbox-infra:environment:staging"]
      deploy = []
    } }
  }

  expect_failures = [var.github_subjects]
}

run "a_bucket_with_a_dot_is_refused" {
  command = plan

  variables {
    state_bucket = "tickbox.state"
  }

  expect_failures = [var.state_bucket]
}

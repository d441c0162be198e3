mock_provider "aws" {}

run "the_secrets_are_the_environments_own" {
  command = plan

  variables {
    environment_name = "test"
  }

  assert {
    condition     = data.aws_secretsmanager_secret.db_creds.name == "test/db_creds" && data.aws_secretsmanager_secret.registry_creds.name == "test/registry_creds"
    error_message = "Each environment has secrets of its own, found by its name."
  }

  assert {
    condition     = output.db_creds_arn == data.aws_secretsmanager_secret.db_creds.arn && output.registry_creds_arn == data.aws_secretsmanager_secret.registry_creds.arn
    error_message = "The outputs must not be mixed up."
  }
}

run "a_name_with_a_slash_is_refused" {
  command = plan

  variables {
    environment_name = "production/x"
  }

  expect_failures = [var.environment_name]
}

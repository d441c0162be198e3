mock_provider "aws" {}

variables {
  environment_name = "test"
}

run "logs_end" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 30 && output.log_group_name == "/ecs/test-tickbox"
    error_message = "The group has the agreed name, and its lines are kept for 30 days."
  }
}

run "for_ever_is_refused" {
  command = plan

  variables {
    retention_in_days = 0
  }

  expect_failures = [var.retention_in_days]
}

run "days_that_cloudwatch_does_not_know_are_refused" {
  command = plan

  variables {
    retention_in_days = 31
  }

  expect_failures = [var.retention_in_days]
}

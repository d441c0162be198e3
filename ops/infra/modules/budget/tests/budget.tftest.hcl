mock_provider "aws" {}

variables {
  environment_name = "test"
  limit_usd        = 60
  topic_arn        = "arn:aws:sns:eu-central-1:123456789012:test-tickbox-alarms"
}

run "told_before_and_when_it_is_spent" {
  command = plan

  assert {
    condition     = aws_budgets_budget.this.limit_amount == "60" && aws_budgets_budget.this.limit_unit == "USD" && aws_budgets_budget.this.time_unit == "MONTHLY"
    error_message = "60 USD a month."
  }

  assert {
    condition     = toset([for notification in aws_budgets_budget.this.notification : "${notification.notification_type} ${notification.threshold}"]) == toset(["ACTUAL 80", "FORECASTED 100"])
    error_message = "It tells at 80 % spent, and when all of it is going to be."
  }

  assert {
    condition     = alltrue([for notification in aws_budgets_budget.this.notification : notification.subscriber_sns_topic_arns == toset([var.topic_arn])])
    error_message = "It tells the topic."
  }

  assert {
    condition     = length(aws_budgets_budget.this.cost_filter) == 0
    error_message = "Without a tag the whole account counts."
  }
}

run "by_tag_the_environment_alone_counts" {
  command = plan

  variables {
    cost_allocation_tag = "environment"
  }

  assert {
    condition     = one(aws_budgets_budget.this.cost_filter).name == "TagKeyValue" && one(aws_budgets_budget.this.cost_filter).values == tolist(["user:environment$test"])
    error_message = "AWS writes such a filter as user:TAG$VALUE."
  }
}

run "no_limit_is_refused" {
  command = plan

  variables {
    limit_usd = 0
  }

  expect_failures = [var.limit_usd]
}

run "awss_own_writing_of_a_tag_is_refused" {
  command = plan

  variables {
    cost_allocation_tag = "user:environment"
  }

  expect_failures = [var.cost_allocation_tag]
}

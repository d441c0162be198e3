mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:test-tickbox-alarms" }
  }
}

variables {
  environment_name        = "test"
  email                   = "oncall@example.org"
  lb_arn_suffix           = "app/test-tickbox/0123456789abcdef"
  target_group_arn_suffix = "targetgroup/test-tickbox/0123456789abcdef"
  min_tasks               = 2
  db_identifier           = "test-tickbox"
  db_instance_class       = "db.t4g.micro"
  db_max_connections      = 150
}

run "every_alarm_tells_somebody" {
  assert {
    condition = alltrue([for alarm in [
      aws_cloudwatch_metric_alarm.targets_5xx, aws_cloudwatch_metric_alarm.balancer_5xx, aws_cloudwatch_metric_alarm.unhealthy_tasks,
      aws_cloudwatch_metric_alarm.too_few_tasks, aws_cloudwatch_metric_alarm.slow_answers, aws_cloudwatch_metric_alarm.db_cpu,
      aws_cloudwatch_metric_alarm.db_storage, aws_cloudwatch_metric_alarm.db_connections, aws_cloudwatch_metric_alarm.db_cpu_credits[0],
    ] : alarm.alarm_actions == toset([output.topic_arn]) && alarm.ok_actions == toset([output.topic_arn]) && startswith(alarm.alarm_name, "test-tickbox-")])
    error_message = "Each alarm goes to the topic, also when it is over, and bears the environment's name."
  }

  assert {
    condition     = one(aws_sns_topic_subscription.email[*].endpoint) == "oncall@example.org" && one(aws_sns_topic_subscription.email[*].protocol) == "email"
    error_message = "The topic sends letters to the address."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_policy.this.policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012" && length(jsondecode(aws_sns_topic_policy.this.policy).Statement) == 1
    error_message = "Only this account's alarms and budgets may publish."
  }
}

run "thresholds_follow_the_inputs" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.too_few_tasks.threshold == 2 && aws_cloudwatch_metric_alarm.too_few_tasks.comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.too_few_tasks.treat_missing_data == "breaching"
    error_message = "Fewer tasks than always run is an alarm, and so is none at all."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.db_connections.threshold == 120
    error_message = "80 % of the connections."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.balancer_5xx.dimensions == tomap({ LoadBalancer = var.lb_arn_suffix }) && aws_cloudwatch_metric_alarm.targets_5xx.dimensions == tomap({ LoadBalancer = var.lb_arn_suffix, TargetGroup = var.target_group_arn_suffix })
    error_message = "The balancer's own failures have no target group; with one, the alarm would never fire."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.slow_answers.extended_statistic == "p99" && aws_cloudwatch_metric_alarm.slow_answers.threshold == 1
    error_message = "The slowest hundredth is what is watched."
  }
}

run "credits_of_burstable_classes_only" {
  command = plan

  variables {
    db_instance_class = "db.m7g.large"
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.db_cpu_credits) == 0
    error_message = "Other classes have no credits; the alarm would never have data."
  }
}

run "without_an_address_it_is_said_loudly" {
  command = plan

  variables {
    email = null
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0
    error_message = "Without an address there is no subscription."
  }

  expect_failures = [check.somebody_is_told]
}

run "an_address_that_is_none_is_refused" {
  command = plan

  variables {
    email = "oncall"
  }

  expect_failures = [var.email]
}

run "no_task_is_refused" {
  command = plan

  variables {
    min_tasks = 0
  }

  expect_failures = [var.min_tasks]
}

run "an_alarm_that_never_ends_is_refused" {
  command = plan

  variables {
    errors_5xx = 0
  }

  expect_failures = [var.errors_5xx]
}

run "an_alarm_that_never_fires_is_refused" {
  command = plan

  variables {
    p99_seconds = 10
  }

  expect_failures = [var.p99_seconds]
}

run "no_connections_are_refused" {
  command = plan

  variables {
    db_max_connections = 0
  }

  expect_failures = [var.db_max_connections]
}

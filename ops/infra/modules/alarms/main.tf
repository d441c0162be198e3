# Each alarm is something that users notice or soon would, and asks a person to act; the README says what to do.
# All go to one topic, also when they are over. Ten cost 1 USD a month.

data "aws_caller_identity" "current" {}

locals {
  name   = "${var.environment_name}-tickbox"
  notify = [aws_sns_topic.this.arn]

  balancer  = { LoadBalancer = var.lb_arn_suffix }
  targets   = { LoadBalancer = var.lb_arn_suffix, TargetGroup = var.target_group_arn_suffix }
  database  = { DBInstanceIdentifier = var.db_identifier }
  burstable = startswith(var.db_instance_class, "db.t")
}

resource "aws_sns_topic" "this" {
  #checkov:skip=CKV_AWS_26:An alarm tells a number and no secret; under AWS's own key for SNS, CloudWatch could not publish, and one of ours costs 1 USD a month.
  name = "${local.name}-alarms"
}

# CloudWatch and the budget publish, for this account only.
resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsAndBudget"
      Effect    = "Allow"
      Principal = { Service = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"] }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.this.arn
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

# AWS sends a letter first, whose link must be followed before anything else comes.
resource "aws_sns_topic_subscription" "email" {
  count = var.email == null ? 0 : 1

  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = var.email
}

check "somebody_is_told" {
  assert {
    condition     = var.email != null
    error_message = "Nobody is told when ${local.name} fails: set alarm_email, or subscribe to the topic ${local.name}-alarms and leave this warning be."
  }
}

resource "aws_cloudwatch_metric_alarm" "targets_5xx" {
  alarm_name          = "${local.name}-targets-5xx"
  alarm_description   = "The application answered ${var.errors_5xx} or more requests with 5xx in each of two periods of five minutes. 503 means that its database is away."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_Target_5XX_Count"
  dimensions          = local.targets
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.errors_5xx
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.notify
  ok_actions          = local.notify
}

resource "aws_cloudwatch_metric_alarm" "balancer_5xx" {
  alarm_name          = "${local.name}-balancer-5xx"
  alarm_description   = "The load balancer itself answered ${var.errors_5xx} or more requests with 5xx in five minutes: no task took them, or one broke off."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_ELB_5XX_Count"
  dimensions          = local.balancer
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.errors_5xx
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.notify
  ok_actions          = local.notify
}

resource "aws_cloudwatch_metric_alarm" "unhealthy_tasks" {
  alarm_name          = "${local.name}-unhealthy-tasks"
  alarm_description   = "A task has been failing the load balancer's check for five minutes, and ECS has not replaced it with one that works."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "UnHealthyHostCount"
  dimensions          = local.targets
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.notify
  ok_actions          = local.notify
}

# The balancer's count, since ECS publishes its own only with Container Insights. No data means no task.
resource "aws_cloudwatch_metric_alarm" "too_few_tasks" {
  alarm_name          = "${local.name}-too-few-tasks"
  alarm_description   = "Fewer than ${var.min_tasks} healthy tasks for five minutes."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HealthyHostCount"
  dimensions          = local.targets
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "LessThanThreshold"
  threshold           = var.min_tasks
  treat_missing_data  = "breaching"
  alarm_actions       = local.notify
  ok_actions          = local.notify
}

resource "aws_cloudwatch_metric_alarm" "slow_answers" {
  alarm_name                            = "${local.name}-slow-answers"
  alarm_description                     = "One request in a hundred took more than ${var.p99_seconds} s, for 15 minutes."
  namespace                             = "AWS/ApplicationELB"
  metric_name                           = "TargetResponseTime"
  dimensions                            = local.targets
  extended_statistic                    = "p99"
  evaluate_low_sample_count_percentiles = "ignore" # at night one slow login is all there is
  period                                = 300
  evaluation_periods                    = 3
  comparison_operator                   = "GreaterThanThreshold"
  threshold                             = var.p99_seconds
  treat_missing_data                    = "notBreaching"
  alarm_actions                         = local.notify
  ok_actions                            = local.notify
}

resource "aws_cloudwatch_metric_alarm" "db_cpu" {
  alarm_name          = "${local.name}-db-cpu"
  alarm_description   = "The database's CPU was more than 80 % busy for 15 minutes."
  namespace           = "AWS/RDS"
  metric_name         = "CPUUtilization"
  dimensions          = local.database
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  treat_missing_data  = "missing"
  alarm_actions       = local.notify
  ok_actions          = local.notify
}

# AWS enlarges the storage when a tenth of it is left. This fires when that did not help: the limit is reached, or
# the six hours between two enlargements are not over. Half an hour keeps a normal enlargement quiet.
resource "aws_cloudwatch_metric_alarm" "db_storage" {
  alarm_name          = "${local.name}-db-storage"
  alarm_description   = "Less than 1.5 GiB of the database's storage was free for half an hour. A full disk stops all writes."
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  dimensions          = local.database
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 6
  comparison_operator = "LessThanThreshold"
  threshold           = 1.5 * 1024 * 1024 * 1024
  treat_missing_data  = "missing"
  alarm_actions       = local.notify
  ok_actions          = local.notify
}

resource "aws_cloudwatch_metric_alarm" "db_connections" {
  alarm_name          = "${local.name}-db-connections"
  alarm_description   = "More than 80 % of the database's ${var.db_max_connections} connections were open for ten minutes."
  namespace           = "AWS/RDS"
  metric_name         = "DatabaseConnections"
  dimensions          = local.database
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = floor(0.8 * var.db_max_connections)
  treat_missing_data  = "missing"
  alarm_actions       = local.notify
  ok_actions          = local.notify
}

# Burstable classes alone have credits. Without any they are not slowed down but billed for each vCPU and hour.
resource "aws_cloudwatch_metric_alarm" "db_cpu_credits" {
  count = local.burstable ? 1 : 0

  alarm_name          = "${local.name}-db-cpu-credits"
  alarm_description   = "The database has used up what it may burst: from here on its CPU costs extra."
  namespace           = "AWS/RDS"
  metric_name         = "CPUCreditBalance"
  dimensions          = local.database
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 20
  treat_missing_data  = "missing"
  alarm_actions       = local.notify
  ok_actions          = local.notify
}

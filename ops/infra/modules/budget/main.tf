# Says that money is being spent, a day late at most; it stops nothing. AWS charges nothing for it.
resource "aws_budgets_budget" "this" {
  name         = "${var.environment_name}-tickbox-monthly"
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.limit_usd)
  limit_unit   = "USD"

  # A tag counts only once it has been activated as a cost allocation tag; before that, everything would seem to
  # cost nothing, which is why the whole account is counted unless a tag is named.
  dynamic "cost_filter" {
    for_each = var.cost_allocation_tag == null ? [] : [var.cost_allocation_tag]

    content {
      name   = "TagKeyValue"
      values = [join("$", ["user:${cost_filter.value}", var.environment_name])]
    }
  }

  notification {
    notification_type         = "ACTUAL"
    comparison_operator       = "GREATER_THAN"
    threshold                 = 80
    threshold_type            = "PERCENTAGE"
    subscriber_sns_topic_arns = [var.topic_arn]
  }

  notification {
    notification_type         = "FORECASTED"
    comparison_operator       = "GREATER_THAN"
    threshold                 = 100
    threshold_type            = "PERCENTAGE"
    subscriber_sns_topic_arns = [var.topic_arn]
  }
}

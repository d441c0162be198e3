output "topic_arn" {
  description = "ARN of the topic of all alarms, which the budget may use as well."
  value       = aws_sns_topic.this.arn
  depends_on  = [aws_sns_topic_policy.this]
}

output "url" {
  description = "Where the application answers."
  value       = local.https ? "https://${var.domain_name}" : "http://${aws_lb.this.dns_name}"
}

output "dns_name" {
  description = "Host name of the balancer, to which the domain's record points."
  value       = aws_lb.this.dns_name
}

output "zone_id" {
  description = "Zone of that host name, for an alias record of Route 53."
  value       = aws_lb.this.zone_id
}

# By way of a listener: ECS refuses a service whose target group has no balancer yet.
output "target_group_arn" {
  description = "ARN of the target group, once a listener forwards to it."
  value       = aws_lb_target_group.this.arn
  depends_on  = [aws_lb_listener.http, aws_lb_listener.https]
}

output "lb_arn_suffix" {
  description = "The balancer's name in metrics."
  value       = aws_lb.this.arn_suffix
}

output "target_group_arn_suffix" {
  description = "The target group's name in metrics."
  value       = aws_lb_target_group.this.arn_suffix
}

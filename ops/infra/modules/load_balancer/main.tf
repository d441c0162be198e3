locals {
  name  = "${var.environment_name}-tickbox"
  https = var.certificate_arn != null
}

# Said at each plan and apply until it is no longer so. It warns and does not refuse: the first apply comes before
# the certificate, since a certificate wants a domain, and the domain wants to know the balancer.
check "https" {
  assert {
    condition     = local.https
    error_message = "${local.name} serves PLAIN HTTP: passwords and cookies can be read on their way. Set certificate_arn and domain_name before anybody uses it."
  }
}

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_150:Deletion protection is an input: production has it, staging is torn down at will.
  #checkov:skip=CKV2_AWS_28:A web application firewall costs about 8 USD a month and more with each request; the application limits attempts and requests of an address itself.
  name                       = local.name
  load_balancer_type         = "application"
  internal                   = false
  security_groups            = [var.alb_sg_id]
  subnets                    = var.public_ids
  enable_deletion_protection = var.deletion_protection

  # The application lets a connection rest for 75 seconds. The balancer must give up first, or it would send a
  # request into a connection that is just being closed, and answer 502.
  idle_timeout = var.idle_timeout

  # The application takes the client's address from the right end of X-Forwarded-For (TRUSTED_PROXY_HOPS=1), where
  # only the balancer writes. Headers that proxies read differently do not pass.
  xff_header_processing_mode = "append"
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"

  dynamic "access_logs" {
    for_each = var.access_logs_bucket == null ? [] : [var.access_logs_bucket]

    content {
      bucket  = access_logs.value
      prefix  = local.name
      enabled = true
    }
  }
}

resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378:From the balancer to the tasks it is HTTP inside the VPC, where security groups let these two alone talk; a certificate in the image would have to be kept secret and fresh.
  name             = local.name
  port             = var.app_port
  protocol         = "HTTP"
  protocol_version = "HTTP1"
  target_type      = "ip"
  vpc_id           = var.vpc_id

  # A login costs a thousand times what a list does; the next request goes where the fewest are under way.
  load_balancing_algorithm_type = "least_outstanding_requests"

  # As long as DRAIN_SECONDS. ECS takes a task out of the group before it stops it; what is under way then ends.
  deregistration_delay = 15

  # Not /readyz, which asks the database: ECS replaces tasks that this check calls unhealthy, so a database that is
  # away for a minute would cost all tasks at once, and their replacements as well. With /healthz they stay, answer
  # 503 with Retry-After meanwhile, and serve again in the moment in which the database is back. For draining
  # /readyz is not needed either: ECS deregisters a task by itself.
  health_check {
    path                = "/healthz"
    protocol            = "HTTP"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

# Port 80: with a certificate it only sends browsers on, without one it is all there is.
resource "aws_lb_listener" "http" {
  #checkov:skip=CKV_AWS_2:It redirects to HTTPS as soon as there is a certificate.
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = local.https ? "redirect" : "forward"
    target_group_arn = local.https ? null : aws_lb_target_group.this.arn

    dynamic "redirect" {
      for_each = local.https ? [1] : []

      content {
        port        = "443"
        protocol    = "HTTPS"
        status_code = "HTTP_301"
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  count = local.https ? 1 : 0

  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = var.ssl_policy
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

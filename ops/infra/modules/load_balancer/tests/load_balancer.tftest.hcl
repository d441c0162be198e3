mock_provider "aws" {
  mock_resource "aws_lb" {
    defaults = {
      arn      = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/test-tickbox/0123456789abcdef"
      dns_name = "test-tickbox-1.eu-central-1.elb.amazonaws.com"
    }
  }

  mock_resource "aws_lb_target_group" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/test-tickbox/0123456789abcdef"
    }
  }
}

variables {
  environment_name = "test"
  vpc_id           = "vpc-0123456789abcdef0"
  public_ids       = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  alb_sg_id        = "sg-0123456789abcdef0"
  certificate_arn  = "arn:aws:acm:eu-central-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
  domain_name      = "todo.example.org"
}

run "with_a_certificate_http_is_sent_to_https" {
  assert {
    condition     = aws_lb_listener.http.port == 80 && aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_listener.http.default_action[0].redirect[0].status_code == "HTTP_301" && aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS" && aws_lb_listener.http.default_action[0].redirect[0].port == "443"
    error_message = "Port 80 must redirect for good."
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].target_group_arn == null
    error_message = "Nothing may reach the application by plain HTTP."
  }

  assert {
    condition     = one(aws_lb_listener.https[*].port) == 443 && one(aws_lb_listener.https[*].protocol) == "HTTPS" && one(aws_lb_listener.https[*].certificate_arn) == var.certificate_arn && startswith(one(aws_lb_listener.https[*].ssl_policy), "ELBSecurityPolicy-TLS13-1-2")
    error_message = "Port 443 serves the certificate, with TLS 1.2 and newer."
  }

  assert {
    condition     = aws_lb_listener.https[0].default_action[0].type == "forward" && aws_lb_listener.https[0].default_action[0].target_group_arn == aws_lb_target_group.this.arn
    error_message = "Port 443 must lead to the application."
  }

  assert {
    condition     = output.url == "https://todo.example.org"
    error_message = "People use the name for which the certificate is."
  }
}

run "without_a_certificate_plain_http_is_said_loudly" {
  variables {
    certificate_arn = null
    domain_name     = null
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "forward" && aws_lb_listener.http.default_action[0].target_group_arn == aws_lb_target_group.this.arn && length(aws_lb_listener.https) == 0
    error_message = "Without a certificate port 80 leads to the application."
  }

  assert {
    condition     = output.url == "http://test-tickbox-1.eu-central-1.elb.amazonaws.com"
    error_message = "Without a domain the balancer's own name is used."
  }

  expect_failures = [check.https]
}

run "requests_are_cleaned_and_connections_closed_in_order" {
  command = plan

  assert {
    condition     = aws_lb.this.drop_invalid_header_fields && aws_lb.this.desync_mitigation_mode == "strictest" && aws_lb.this.xff_header_processing_mode == "append"
    error_message = "What proxies read differently must not pass, and the client's address must be the balancer's word."
  }

  assert {
    condition     = aws_lb.this.idle_timeout == 60 && aws_lb_target_group.this.deregistration_delay == "15"
    error_message = "60 seconds are below the application's 75; 15 are its DRAIN_SECONDS."
  }
}

run "a_lost_database_costs_no_task" {
  command = plan

  assert {
    condition     = aws_lb_target_group.this.health_check[0].path == "/healthz" && aws_lb_target_group.this.health_check[0].matcher == "200"
    error_message = "The check that replaces tasks must not ask the database."
  }

  assert {
    condition     = aws_lb_target_group.this.target_type == "ip" && aws_lb_target_group.this.port == 80
    error_message = "Tasks of Fargate are targets by address."
  }
}

run "protected_and_without_logs_unless_told_otherwise" {
  command = plan

  assert {
    condition     = aws_lb.this.enable_deletion_protection && length(aws_lb.this.access_logs) == 0 && aws_lb.this.internal == false
    error_message = "By default the balancer cannot be deleted and logs nothing by itself."
  }
}

run "staging_with_access_logs" {
  command = plan

  variables {
    deletion_protection = false
    access_logs_bucket  = "logs-of-test"
  }

  assert {
    condition     = !aws_lb.this.enable_deletion_protection && aws_lb.this.access_logs[0].enabled && aws_lb.this.access_logs[0].bucket == "logs-of-test"
    error_message = "Both inputs must reach the balancer."
  }
}

run "a_certificate_without_its_name_is_refused" {
  command = plan

  variables {
    domain_name = null
  }

  expect_failures = [var.domain_name]
}

run "a_name_without_a_certificate_is_refused" {
  command = plan

  variables {
    certificate_arn = null
  }

  expect_failures = [var.domain_name, check.https]
}

run "a_url_for_a_name_is_refused" {
  command = plan

  variables {
    domain_name = "https://todo.example.org"
  }

  expect_failures = [var.domain_name]
}

run "a_certificate_of_iam_is_refused" {
  command = plan

  variables {
    certificate_arn = "arn:aws:iam::123456789012:server-certificate/old"
  }

  expect_failures = [var.certificate_arn]
}

run "old_tls_is_refused" {
  command = plan

  variables {
    ssl_policy = "ELBSecurityPolicy-2016-08"
  }

  expect_failures = [var.ssl_policy]
}

run "weak_ciphers_are_refused" {
  command = plan

  variables {
    ssl_policy = "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06"
  }

  expect_failures = [var.ssl_policy]
}

run "resting_longer_than_the_application_is_refused" {
  command = plan

  variables {
    idle_timeout = 75
  }

  expect_failures = [var.idle_timeout]
}

run "one_subnet_is_refused" {
  command = plan

  variables {
    public_ids = ["subnet-0123456789abcdef0"]
  }

  expect_failures = [var.public_ids]
}

run "a_port_that_is_none_is_refused" {
  command = plan

  variables {
    app_port = 0
  }

  expect_failures = [var.app_port]
}

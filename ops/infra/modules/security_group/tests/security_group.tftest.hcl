mock_provider "aws" {}

variables {
  vpc_id           = "vpc-0123456789abcdef0"
  environment_name = "test"
}

run "the_internet_reaches_the_balancer_by_http_and_https_only" {
  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.alb_from_internet : "${rule.from_port}-${rule.to_port}"]) == toset(["80-80", "443-443"])
    error_message = "The load balancer is open at 80 and 443 and nowhere else."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.alb_from_internet : rule.security_group_id == output.alb_sg_id])
    error_message = "Only the load balancer is open to the internet."
  }
}

run "the_balancer_calls_tasks_only" {
  assert {
    condition     = aws_vpc_security_group_egress_rule.alb_to_ecs.security_group_id == output.alb_sg_id && aws_vpc_security_group_egress_rule.alb_to_ecs.referenced_security_group_id == output.ecs_sg_id && aws_vpc_security_group_egress_rule.alb_to_ecs.cidr_ipv4 == null
    error_message = "The load balancer reaches the tasks' group and no address."
  }
}

run "tasks_are_reached_by_the_balancer_only" {
  assert {
    condition     = aws_vpc_security_group_ingress_rule.ecs_from_alb.security_group_id == output.ecs_sg_id && aws_vpc_security_group_ingress_rule.ecs_from_alb.referenced_security_group_id == output.alb_sg_id && aws_vpc_security_group_ingress_rule.ecs_from_alb.cidr_ipv4 == null
    error_message = "Tasks take connections from the load balancer's group and from no address."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.ecs_from_alb.from_port == 80 && aws_vpc_security_group_ingress_rule.ecs_from_alb.to_port == 80
    error_message = "Tasks take connections at the application's port only."
  }
}

run "the_database_is_reached_by_tasks_only" {
  assert {
    condition     = aws_vpc_security_group_ingress_rule.db_from_ecs.security_group_id == output.db_sg_id && aws_vpc_security_group_ingress_rule.db_from_ecs.referenced_security_group_id == output.ecs_sg_id && aws_vpc_security_group_ingress_rule.db_from_ecs.cidr_ipv4 == null
    error_message = "The database takes connections from the tasks' group and from no address."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.db_from_ecs.from_port == 3306 && aws_vpc_security_group_ingress_rule.db_from_ecs.to_port == 3306
    error_message = "The database takes MySQL connections only."
  }
}

run "tasks_call_https_and_the_database_only" {
  assert {
    condition     = aws_vpc_security_group_egress_rule.ecs_to_https.from_port == 443 && aws_vpc_security_group_egress_rule.ecs_to_https.to_port == 443 && aws_vpc_security_group_egress_rule.ecs_to_https.ip_protocol == "tcp"
    error_message = "To addresses outside, tasks may use HTTPS only."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.ecs_to_db.referenced_security_group_id == output.db_sg_id && aws_vpc_security_group_egress_rule.ecs_to_db.cidr_ipv4 == null
    error_message = "Tasks use MySQL to the database's group only."
  }
}

run "another_port_goes_all_the_way" {
  command = plan

  variables {
    app_port = 8080
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.alb_to_ecs.to_port == 8080 && aws_vpc_security_group_ingress_rule.ecs_from_alb.from_port == 8080
    error_message = "The balancer's way out and the tasks' way in must be the same port."
  }
}

run "a_port_that_is_none_is_refused" {
  command = plan

  variables {
    app_port = 70000
  }

  expect_failures = [var.app_port]
}

run "a_name_that_grows_too_long_is_refused" {
  command = plan

  variables {
    environment_name = "acceptance-of-customers"
  }

  expect_failures = [var.environment_name]
}

mock_provider "aws" {}

variables {
  environment_name        = "test"
  image                   = "docker.io/owner/tickbox@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  public_ids              = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  ecs_sg_id               = "sg-0123456789abcdef0"
  target_group_arn        = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/test-tickbox/0123456789abcdef"
  lb_arn_suffix           = "app/test-tickbox/0123456789abcdef"
  target_group_arn_suffix = "targetgroup/test-tickbox/0123456789abcdef"
  execution_role_arn      = "arn:aws:iam::123456789012:role/test-ecsTaskExecutionRole"
  task_role_arn           = "arn:aws:iam::123456789012:role/test-tickbox-task"
  db_creds_arn            = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:test/db_creds-AbCdEf"
  registry_creds_arn      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:test/registry_creds-AbCdEf"
  log_group_name          = "/ecs/test-tickbox"
}

run "the_container_can_do_nothing_but_serve" {
  assert {
    condition     = length(jsondecode(aws_ecs_task_definition.this.container_definitions)) == 1
    error_message = "There is one container."
  }

  assert {
    condition = alltrue([for container in jsondecode(aws_ecs_task_definition.this.container_definitions) :
      container.readonlyRootFilesystem && container.user == "65532:65532" && container.linuxParameters.capabilities.drop == ["ALL"]
    ])
    error_message = "No root, no capability, no writable file."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].image == var.image && jsondecode(aws_ecs_task_definition.this.container_definitions)[0].repositoryCredentials.credentialsParameter == var.registry_creds_arn
    error_message = "The image is the one given, fetched with registry_creds."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].systemControls == [{ namespace = "net.ipv4.ip_unprivileged_port_start", value = "0" }]
    error_message = "Without it, user 65532 cannot listen on port 80."
  }
}

run "settings_and_secrets_are_apart" {
  assert {
    condition = { for setting in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment : setting.name => setting.value } == {
      LISTEN             = "0.0.0.0:80"
      TRUSTED_PROXY_HOPS = "1"
      DB_TLS             = "verify"
      MIGRATE_ON_START   = "false"
      DRAIN_SECONDS      = "15"
      LOG_FORMAT         = "json"
    }
    error_message = "The settings in clear are these and no others."
  }

  assert {
    condition = { for secret in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].secrets : secret.name => secret.valueFrom } == {
      DB_USERNAME         = "${var.db_creds_arn}:db_username::"
      DB_PASSWORD         = "${var.db_creds_arn}:db_password::"
      DB_HOST             = "${var.db_creds_arn}:db_host::"
      DB_NAME             = "${var.db_creds_arn}:db_name::"
      JWT_SECRET          = "${var.db_creds_arn}:jwt_secret::"
      JWT_SECRET_PREVIOUS = "${var.db_creds_arn}:jwt_secret_previous::"
    }
    error_message = "Each secret is one key of db_creds."
  }
}

run "tasks_are_asked_and_stopped_gently" {
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].healthCheck.command == ["CMD", "/tickbox", "healthcheck"]
    error_message = "The program checks itself: there is no shell."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].stopTimeout >= 15 + 10
    error_message = "A task drains for 15 seconds and ends within ten more; only then may it be killed."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].logConfiguration.options["awslogs-group"] == "/ecs/test-tickbox"
    error_message = "The log goes to the group given."
  }
}

run "a_bad_deployment_is_taken_back" {
  assert {
    condition     = aws_ecs_service.this.deployment_circuit_breaker[0].enable && aws_ecs_service.this.deployment_circuit_breaker[0].rollback
    error_message = "The circuit breaker must roll back."
  }

  assert {
    condition     = aws_ecs_service.this.deployment_minimum_healthy_percent == 100 && aws_ecs_service.this.deployment_maximum_percent == 200
    error_message = "New tasks come before old ones go."
  }

  assert {
    condition     = aws_ecs_task_definition.this.skip_destroy
    error_message = "Older revisions must stay, or there is nothing to roll back to."
  }
}

run "a_small_arm64_task_on_demand_by_default" {
  assert {
    condition     = aws_ecs_task_definition.this.cpu == "256" && aws_ecs_task_definition.this.memory == "512" && aws_ecs_task_definition.this.runtime_platform[0].cpu_architecture == "ARM64"
    error_message = "A quarter of a vCPU of arm64."
  }

  assert {
    condition     = [for strategy in aws_ecs_service.this.capacity_provider_strategy : strategy.capacity_provider] == ["FARGATE"]
    error_message = "Without use_spot tasks are AWS's to keep running."
  }

  assert {
    condition     = aws_ecs_service.this.network_configuration[0].assign_public_ip && aws_ecs_service.this.network_configuration[0].security_groups == toset([var.ecs_sg_id])
    error_message = "Tasks reach the registry by a public address, behind one security group."
  }
}

run "spot_where_it_is_wanted" {
  variables {
    use_spot = true
  }

  assert {
    condition     = [for strategy in aws_ecs_service.this.capacity_provider_strategy : strategy.capacity_provider] == ["FARGATE_SPOT"] && contains(aws_ecs_cluster_capacity_providers.this.capacity_providers, "FARGATE_SPOT")
    error_message = "use_spot must reach the service, and the cluster must know the provider."
  }
}

# In a state of its own: how many tasks an existing service has is not Terraform's to change.
run "tasks_follow_requests_and_cpu" {
  state_key = "scaling"

  variables {
    min_tasks = 2
    max_tasks = 4
  }

  assert {
    condition     = aws_appautoscaling_target.this.min_capacity == 2 && aws_appautoscaling_target.this.max_capacity == 4 && aws_ecs_service.this.desired_count == 2
    error_message = "There are two to four tasks, two at first."
  }

  assert {
    condition     = aws_appautoscaling_target.this.resource_id == "service/test-tickbox/tickbox"
    error_message = "It is this service that is scaled."
  }

  assert {
    condition     = aws_appautoscaling_policy.requests.target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].predefined_metric_type == "ALBRequestCountPerTarget" && aws_appautoscaling_policy.requests.target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].resource_label == "app/test-tickbox/0123456789abcdef/targetgroup/test-tickbox/0123456789abcdef"
    error_message = "Requests are counted at this balancer and this target group."
  }

  assert {
    condition     = aws_appautoscaling_policy.cpu.target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].predefined_metric_type == "ECSServiceAverageCPUUtilization"
    error_message = "CPU is followed besides."
  }
}

run "an_apply_leaves_the_number_of_tasks_to_autoscaling" {
  state_key = "scaling"

  variables {
    min_tasks = 3
    max_tasks = 4
  }

  assert {
    condition     = aws_ecs_service.this.desired_count == 2 && aws_appautoscaling_target.this.min_capacity == 3
    error_message = "The bounds change, the number does not: autoscaling sees to it."
  }
}

run "an_apply_never_brings_an_image_back" {
  command = plan

  # Any other image makes a new revision, whose ARN nobody knows while planning.
  plan_options {
    replace = [aws_ecs_task_definition.this]
  }

  variables {
    image = "docker.io/owner/tickbox@sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
  }

  # So it is known only if it stays as it is.
  assert {
    condition     = aws_ecs_service.this.task_definition != ""
    error_message = "A new task definition must wait for the next deployment."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].image == var.image
    error_message = "But the family's newest revision has what was given."
  }
}

run "another_port_reaches_program_and_balancer" {
  variables {
    app_port = 8080
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].portMappings[0].containerPort == 8080 && one(aws_ecs_service.this.load_balancer).container_port == 8080 && contains(jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment, { name = "LISTEN", value = "0.0.0.0:8080" })
    error_message = "Program, mapping and balancer must agree on the port."
  }
}

run "an_image_by_tag_is_refused" {
  command = plan

  variables {
    image = "docker.io/owner/tickbox:latest"
  }

  expect_failures = [var.image]
}

run "half_a_digest_is_refused" {
  command = plan

  variables {
    image = "docker.io/owner/tickbox@sha256:0123456789abcdef"
  }

  expect_failures = [var.image]
}

run "a_pair_that_fargate_lacks_is_refused" {
  command = plan

  variables {
    cpu    = 256
    memory = 4096
  }

  expect_failures = [var.memory]
}

run "a_size_that_fargate_lacks_is_refused" {
  command = plan

  variables {
    cpu = 300
  }

  expect_failures = [var.cpu]
}

run "no_task_is_refused" {
  command = plan

  variables {
    min_tasks = 0
  }

  expect_failures = [var.min_tasks]
}

run "fewer_at_most_than_at_least_is_refused" {
  command = plan

  variables {
    min_tasks = 3
  }

  expect_failures = [var.max_tasks]
}

run "scaling_at_every_request_is_refused" {
  command = plan

  variables {
    requests_per_task = 1
  }

  expect_failures = [var.requests_per_task]
}

run "one_zone_is_refused" {
  command = plan

  variables {
    public_ids = ["subnet-0123456789abcdef0"]
  }

  expect_failures = [var.public_ids]
}

run "a_port_that_is_none_is_refused" {
  command = plan

  variables {
    app_port = 65536
  }

  expect_failures = [var.app_port]
}

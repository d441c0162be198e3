locals {
  name = "${var.environment_name}-tickbox"
}

data "aws_region" "current" {}

resource "aws_ecs_cluster" "this" {
  #checkov:skip=CKV_AWS_65:Container Insights is an input: its metrics cost more than a small task does.
  name = local.name

  setting {
    name  = "containerInsights"
    value = var.container_insights ? "enabled" : "disabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

resource "aws_ecs_task_definition" "this" {
  family                   = local.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = var.task_role_arn

  # A quarter cheaper than x86, and no slower here.
  runtime_platform {
    cpu_architecture        = "ARM64"
    operating_system_family = "LINUX"
  }

  container_definitions = jsonencode([{
    name      = "tickbox"
    image     = var.image
    essential = true

    # The image is one static program: it writes no file, needs no right and no shell.
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] } }

    # Lets a user other than root listen on port 80, which containerd does not do by itself as Docker does.
    systemControls = [{ namespace = "net.ipv4.ip_unprivileged_port_start", value = "0" }]

    portMappings          = [{ containerPort = var.app_port, hostPort = var.app_port, protocol = "tcp" }]
    repositoryCredentials = { credentialsParameter = var.registry_creds_arn }

    environment = [for name, value in {
      DB_TLS             = "verify"
      DRAIN_SECONDS      = "15"
      LISTEN             = "0.0.0.0:${var.app_port}"
      LOG_FORMAT         = "json"
      MIGRATE_ON_START   = "false" # the pipeline migrates, once and before the new tasks start
      TRUSTED_PROXY_HOPS = "1"
    } : { name = name, value = value }]

    # ECS reads them when it starts a task, so a changed secret needs a new deployment. The keys for signing are in
    # db_creds because the execution role may read these two secrets and no third.
    secrets = [for key in ["db_host", "db_name", "db_password", "db_username", "jwt_secret", "jwt_secret_previous"] :
      { name = upper(key), valueFrom = "${var.db_creds_arn}:${key}::" }
    ]

    # CMD and never CMD-SHELL, since there is no shell. ECS does not look at the image's own health check.
    healthCheck = {
      command     = ["CMD", "/tickbox", "healthcheck"]
      interval    = 10
      timeout     = 3
      retries     = 3
      startPeriod = 10
    }

    # After SIGTERM the program serves for DRAIN_SECONDS and is gone within ten more.
    stopTimeout = 30

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = var.log_group_name
        awslogs-region        = data.aws_region.current.region
        awslogs-stream-prefix = "tickbox"
      }
    }
  }])

  # An older revision is what one rolls back to.
  skip_destroy = true
}

resource "aws_ecs_service" "this" {
  #checkov:skip=CKV_AWS_333:Tasks have public addresses instead of a NAT gateway, 36 USD a month; their security group lets nobody but the balancer in.
  name                               = "tickbox"
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = var.min_tasks
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  availability_zone_rebalancing      = "ENABLED"
  health_check_grace_period_seconds  = 30
  enable_execute_command             = false # there is no shell in the image
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"

  # The first tasks cannot become healthy: db_host is not in the secret before the database is there.
  wait_for_steady_state = false

  capacity_provider_strategy {
    capacity_provider = var.use_spot ? "FARGATE_SPOT" : "FARGATE"
    weight            = 1
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.public_ids
    security_groups  = [var.ecs_sg_id]
    assign_public_ip = true
  }

  load_balancer {
    target_group_arn = var.target_group_arn
    container_name   = "tickbox"
    container_port   = var.app_port
  }

  # The application's pipeline decides which revision runs, from the newest of the family: so what Terraform
  # changes in the task definition comes with the next deployment, and an apply never brings an old image back.
  # Autoscaling decides how many tasks there are.
  lifecycle {
    ignore_changes = [task_definition, desired_count]
  }

  depends_on = [aws_ecs_cluster_capacity_providers.this]
}

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.this.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = var.min_tasks
  max_capacity       = var.max_tasks
}

resource "aws_appautoscaling_policy" "requests" {
  name               = "${local.name}-requests"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.requests_per_task
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${var.lb_arn_suffix}/${var.target_group_arn_suffix}"
    }
  }
}

# Logins are few requests and much work: hashing a password takes a tenth of a second of a quarter of a CPU. The
# larger of the two policies' answers counts.
resource "aws_appautoscaling_policy" "cpu" {
  name               = "${local.name}-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

mock_provider "aws" {}

variables {
  environment_name  = "test"
  db_subnet_gr_name = "test-tickbox-db"
  db_sg_id          = "sg-0123456789abcdef0"
  db_password       = "not-a-real-password"
}

run "closed_to_the_outside" {
  command = plan

  assert {
    condition     = aws_db_instance.this.publicly_accessible == false
    error_message = "The database must not be reachable from outside."
  }

  assert {
    condition     = aws_db_instance.this.db_subnet_group_name == "test-tickbox-db" && aws_db_instance.this.vpc_security_group_ids == toset(["sg-0123456789abcdef0"])
    error_message = "The database lives in the private subnets and has one security group."
  }

  assert {
    condition     = aws_db_instance.this.storage_encrypted
    error_message = "The storage must be encrypted."
  }

  assert {
    condition     = one([for parameter in aws_db_parameter_group.this.parameter : parameter.value if parameter.name == "require_secure_transport"]) == "1"
    error_message = "Connections without TLS must be refused."
  }
}

run "supported_and_patched" {
  command = plan

  assert {
    condition     = aws_db_instance.this.engine == "mysql" && aws_db_instance.this.engine_version == "8.4" && aws_db_parameter_group.this.family == "mysql8.4"
    error_message = "MySQL 8.4 with its parameters."
  }

  assert {
    condition     = aws_db_instance.this.engine_lifecycle_support == "open-source-rds-extended-support-disabled"
    error_message = "Extended support must not begin by itself: it costs over ten times the instance."
  }

  assert {
    condition     = aws_db_instance.this.auto_minor_version_upgrade && !aws_db_instance.this.allow_major_version_upgrade && !aws_db_instance.this.apply_immediately
    error_message = "Patches come by themselves, major versions and interruptions do not."
  }
}

run "protected_unless_told_otherwise" {
  command = plan

  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && aws_db_instance.this.final_snapshot_identifier == "test-tickbox-final" && !aws_db_instance.this.delete_automated_backups
    error_message = "By default the instance cannot be deleted, and a last snapshot and the backups would outlive it."
  }

  assert {
    condition     = aws_db_instance.this.backup_retention_period == 7 && aws_db_instance.this.copy_tags_to_snapshot
    error_message = "A week of backups."
  }
}

run "staging_is_torn_down_at_will" {
  command = plan

  variables {
    deletion_protection = false
  }

  assert {
    condition     = !aws_db_instance.this.deletion_protection && aws_db_instance.this.skip_final_snapshot && aws_db_instance.this.delete_automated_backups
    error_message = "Without protection nothing of it may be left behind, which would cost money."
  }
}

run "a_standby_only_where_it_is_wanted" {
  command = plan

  variables {
    multi_az = true
  }

  assert {
    condition     = aws_db_instance.this.multi_az
    error_message = "multi_az must reach the instance."
  }
}

run "one_zone_by_default" {
  command = plan

  assert {
    condition     = !aws_db_instance.this.multi_az && aws_db_instance.this.instance_class == "db.t4g.micro" && aws_db_instance.this.allocated_storage == 20 && aws_db_instance.this.storage_type == "gp3"
    error_message = "The default is the cheapest."
  }
}

run "logs_end" {
  command = plan

  assert {
    condition     = toset(aws_db_instance.this.enabled_cloudwatch_logs_exports) == toset([for group in aws_cloudwatch_log_group.this : split("/", group.name)[5]]) && alltrue([for group in aws_cloudwatch_log_group.this : startswith(group.name, "/aws/rds/instance/test-tickbox/") && group.retention_in_days == 30])
    error_message = "Each exported log has its group with an end, or RDS makes one without."
  }
}

run "connections_reach_the_server" {
  command = plan

  variables {
    max_connections = 84
  }

  assert {
    condition     = one([for parameter in aws_db_parameter_group.this.parameter : parameter.value if parameter.name == "max_connections"]) == "84"
    error_message = "max_connections must reach the parameter group."
  }
}

run "mysql_8_0_is_refused" {
  command = plan

  variables {
    engine_version = "8.0"
  }

  expect_failures = [var.engine_version]
}

run "a_minor_version_is_refused" {
  command = plan

  variables {
    engine_version = "8.4.3"
  }

  expect_failures = [var.engine_version]
}

run "an_x86_class_is_refused" {
  command = plan

  variables {
    instance_class = "db.t3.micro"
  }

  expect_failures = [var.instance_class]
}

run "no_backups_are_refused" {
  command = plan

  variables {
    backup_retention_days = 0
  }

  expect_failures = [var.backup_retention_days]
}

run "storage_that_cannot_grow_is_refused" {
  command = plan

  variables {
    max_allocated_storage = 20
  }

  expect_failures = [var.max_allocated_storage]
}

run "too_little_storage_is_refused" {
  command = plan

  variables {
    allocated_storage = 10
  }

  expect_failures = [var.allocated_storage]
}

run "more_connections_than_memory_is_refused" {
  command = plan

  variables {
    max_connections = 500
  }

  expect_failures = [var.max_connections]
}

run "a_bigger_class_takes_more_connections" {
  command = plan

  variables {
    max_connections = 500
    instance_class  = "db.m7g.large"
  }

  assert {
    condition     = aws_db_instance.this.instance_class == "db.m7g.large"
    error_message = "500 connections fit a bigger class."
  }
}

run "a_guessable_master_user_is_refused" {
  command = plan

  variables {
    db_username = "root"
  }

  expect_failures = [var.db_username]
}

run "a_database_name_with_a_hyphen_is_refused" {
  command = plan

  variables {
    db_name = "tick-box"
  }

  expect_failures = [var.db_name]
}

run "logs_for_ever_are_refused" {
  command = plan

  variables {
    log_retention_in_days = 0
  }

  expect_failures = [var.log_retention_in_days]
}

run "a_password_version_of_nought_is_refused" {
  command = plan

  variables {
    db_password_version = 0
  }

  expect_failures = [var.db_password_version]
}

run "a_short_password_is_refused" {
  command = plan

  variables {
    db_password = "hunter2"
  }

  expect_failures = [var.db_password]
}

run "a_password_that_rds_would_refuse_is_refused" {
  command = plan

  variables {
    db_password = "not-a/real@password"
  }

  expect_failures = [var.db_password]
}

locals {
  name = "${var.environment_name}-tickbox"
}

# A new major version needs a new group; both exist until the instance has changed over.
resource "aws_db_parameter_group" "this" {
  name        = "${local.name}-mysql${replace(var.engine_version, ".", "")}"
  description = "Tickbox in ${var.environment_name}"
  family      = "mysql${var.engine_version}"

  # Without TLS nobody is let in, whatever a client is set to.
  parameter {
    name  = "require_secure_transport"
    value = "1"
  }

  # AWS's default follows the memory and would be about 80 in the smallest class: too few while a deployment runs
  # old and new tasks side by side.
  parameter {
    name  = "max_connections"
    value = tostring(var.max_connections)
  }

  # A request has five seconds altogether, so a statement of one second is worth a look.
  parameter {
    name  = "slow_query_log"
    value = "1"
  }

  parameter {
    name  = "long_query_time"
    value = "1"
  }

  # Only from files do logs go to CloudWatch.
  parameter {
    name  = "log_output"
    value = "FILE"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# RDS would make these groups itself, and keep their lines for ever.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts logs with a key of its own; one of ours costs 1 USD a month and protects no more from readers of this account.
  #checkov:skip=CKV_AWS_338:Errors and slow statements of last year help nobody.
  for_each = toset(["error", "slowquery"])

  name              = "/aws/rds/instance/${local.name}/${each.key}"
  retention_in_days = var.log_retention_in_days
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_118:Enhanced monitoring pays for each metric; CloudWatch's own metrics, which the alarms use, are free.
  #checkov:skip=CKV_AWS_161:The application logs in by password; tokens of IAM last 15 minutes and allow few connections a second.
  #checkov:skip=CKV_AWS_157:Multi-AZ is an input: production has it, staging may be down while a zone is.
  #checkov:skip=CKV_AWS_293:Deletion protection is an input: production has it, staging is torn down at will.
  identifier     = local.name
  engine         = "mysql"
  engine_version = var.engine_version
  instance_class = var.instance_class
  db_name        = var.db_name
  username       = var.db_username

  # Write-only: it goes to AWS and stays out of plan and state. The version says when it is to be sent again.
  password_wo         = var.db_password
  password_wo_version = var.db_password_version

  storage_type          = "gp3"
  storage_encrypted     = true
  allocated_storage     = var.allocated_storage
  max_allocated_storage = var.max_allocated_storage

  db_subnet_group_name   = var.db_subnet_gr_name
  vpc_security_group_ids = [var.db_sg_id]
  publicly_accessible    = false
  multi_az               = var.multi_az
  parameter_group_name   = aws_db_parameter_group.this.name
  # The image trusts Amazon's roots for RDS; this one is valid until 2061.
  ca_cert_identifier = "rds-ca-rsa2048-g1"

  # In UTC, while Europe sleeps. The backup comes first, so that maintenance begins with a fresh one.
  backup_window           = "01:00-02:00"
  maintenance_window      = "sun:02:30-sun:03:30"
  backup_retention_period = var.backup_retention_days
  copy_tags_to_snapshot   = true

  # Patches come by themselves, major versions on request. Without the last line, a version past its standard
  # support would be billed 0.10 USD for each vCPU and hour: on this instance over ten times its own price.
  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = var.allow_major_version_upgrade
  apply_immediately           = var.apply_immediately
  engine_lifecycle_support    = "open-source-rds-extended-support-disabled"

  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = !var.deletion_protection
  final_snapshot_identifier = var.deletion_protection ? "${local.name}-final" : null
  delete_automated_backups  = !var.deletion_protection

  enabled_cloudwatch_logs_exports = keys(aws_cloudwatch_log_group.this)
}

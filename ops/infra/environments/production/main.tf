# The same in both environments; locals.tf has what differs.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  name = "${local.environment_name}-tickbox"

  # Written out, so that a zone that AWS adds moves no subnet.
  azs = [for zone in ["a", "b"] : "${var.region}${zone}"]

  # A task opens at most 16: eight places, and as many writes that go on although their time is up. A deployment
  # runs twice the tasks; 20 more are for its migration, for people, and for RDS itself.
  max_connections = 2 * local.max_tasks * 16 + 20

  # Without an activated tag the whole account is counted, in which both environments may be: 125 USD and some more.
  account_budget_usd = 160

  # bootstrap/ makes this policy. By name, so that nothing has to be copied from there.
  permissions_boundary_arn = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:policy/${local.name}-boundary"
}

module "my_vpc" {
  source = "../../modules/my_vpc"

  vpc_name        = local.name
  vpc_cidr_range  = local.vpc_cidr_range
  public_subnets  = local.public_subnets
  private_subnets = local.private_subnets
  azs             = local.azs
}

module "security_group" {
  source = "../../modules/security_group"

  vpc_id           = module.my_vpc.vpc_id
  environment_name = local.environment_name
  app_port         = var.app_port
}

module "logs" {
  source = "../../modules/logs"

  environment_name  = local.environment_name
  retention_in_days = local.log_retention_in_days
}

module "secrets" {
  source = "../../modules/secrets"

  environment_name = local.environment_name
}

# Read while planning and applying, and kept nowhere: neither in a plan nor in the state.
ephemeral "aws_secretsmanager_secret_version" "db_creds" {
  secret_id = module.secrets.db_creds_arn
}

module "iam" {
  source = "../../modules/iam"

  environment_name         = local.environment_name
  db_creds_arn             = module.secrets.db_creds_arn
  registry_creds_arn       = module.secrets.registry_creds_arn
  log_group_arn            = module.logs.log_group_arn
  permissions_boundary_arn = var.use_permissions_boundary ? local.permissions_boundary_arn : null
}

module "database" {
  source = "../../modules/database"

  environment_name            = local.environment_name
  db_subnet_gr_name           = module.my_vpc.db_subnet_gr_name
  db_sg_id                    = module.security_group.db_sg_id
  engine_version              = var.db_engine_version
  allow_major_version_upgrade = var.db_allow_major_version_upgrade
  apply_immediately           = var.db_apply_immediately
  instance_class              = local.db_instance_class
  multi_az                    = local.multi_az
  backup_retention_days       = local.backup_retention_days
  deletion_protection         = local.deletion_protection
  max_connections             = local.max_connections
  log_retention_in_days       = local.log_retention_in_days
  db_password                 = jsondecode(ephemeral.aws_secretsmanager_secret_version.db_creds.secret_string).db_password
  db_password_version         = var.db_password_version
}

module "load_balancer" {
  source = "../../modules/load_balancer"

  environment_name    = local.environment_name
  vpc_id              = module.my_vpc.vpc_id
  public_ids          = module.my_vpc.public_ids
  alb_sg_id           = module.security_group.alb_sg_id
  app_port            = var.app_port
  certificate_arn     = var.certificate_arn
  domain_name         = var.domain_name
  deletion_protection = local.deletion_protection
  access_logs_bucket  = var.access_logs_bucket
}

module "service" {
  source = "../../modules/service"

  environment_name        = local.environment_name
  image                   = var.image
  app_port                = var.app_port
  min_tasks               = local.min_tasks
  max_tasks               = local.max_tasks
  use_spot                = local.use_spot
  public_ids              = module.my_vpc.public_ids
  ecs_sg_id               = module.security_group.ecs_sg_id
  target_group_arn        = module.load_balancer.target_group_arn
  lb_arn_suffix           = module.load_balancer.lb_arn_suffix
  target_group_arn_suffix = module.load_balancer.target_group_arn_suffix
  execution_role_arn      = module.iam.execution_role_arn
  task_role_arn           = module.iam.task_role_arn
  db_creds_arn            = module.secrets.db_creds_arn
  registry_creds_arn      = module.secrets.registry_creds_arn
  log_group_name          = module.logs.log_group_name
}

module "alarms" {
  source = "../../modules/alarms"

  environment_name        = local.environment_name
  email                   = var.alarm_email
  lb_arn_suffix           = module.load_balancer.lb_arn_suffix
  target_group_arn_suffix = module.load_balancer.target_group_arn_suffix
  min_tasks               = local.min_tasks
  db_identifier           = module.database.identifier
  db_instance_class       = local.db_instance_class
  db_max_connections      = local.max_connections
}

module "budget" {
  source = "../../modules/budget"

  environment_name    = local.environment_name
  limit_usd           = coalesce(var.budget_usd, var.cost_allocation_tag == null ? local.account_budget_usd : local.budget_usd)
  cost_allocation_tag = var.cost_allocation_tag
  topic_arn           = module.alarms.topic_arn
}

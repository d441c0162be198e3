# All by which staging differs from production, but for the key of its state: as cheap as it can be, torn down at
# will. Spare capacity may be taken away for some minutes, and so may its one zone with the database.
locals {
  environment_name = "staging"

  vpc_cidr_range  = "10.0.0.0/16"
  public_subnets  = ["10.0.0.0/24", "10.0.1.0/24"]
  private_subnets = ["10.0.10.0/24", "10.0.11.0/24"]

  min_tasks = 1
  max_tasks = 2
  use_spot  = true

  db_instance_class     = "db.t4g.micro"
  multi_az              = false
  backup_retention_days = 1
  deletion_protection   = false

  log_retention_in_days = 14
  budget_usd            = 60
}

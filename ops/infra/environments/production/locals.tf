# All by which production differs from staging, but for the key of its state: everything twice, in two zones, and
# nothing that a mistaken command could delete.
locals {
  environment_name = "production"

  # Other addresses than staging's, so that the two could be joined.
  vpc_cidr_range  = "10.1.0.0/16"
  public_subnets  = ["10.1.0.0/24", "10.1.1.0/24"]
  private_subnets = ["10.1.10.0/24", "10.1.11.0/24"]

  min_tasks = 2
  max_tasks = 4
  use_spot  = false

  db_instance_class     = "db.t4g.micro"
  multi_az              = true
  backup_retention_days = 14
  deletion_protection   = true

  log_retention_in_days = 30
  budget_usd            = 110
}

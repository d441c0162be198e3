# The application writes JSON lines to standard error; ECS makes one stream in this group for each task.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts logs with a key of its own; the log has no password, cookie or token in it that a key of ours (1 USD a month) would protect.
  #checkov:skip=CKV_AWS_338:Logs name clients' addresses, which are not kept for a year without need.
  name              = "/ecs/${var.environment_name}-tickbox"
  retention_in_days = var.retention_in_days
}

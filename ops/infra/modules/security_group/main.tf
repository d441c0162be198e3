# Three groups in a row: the internet reaches the load balancer, the balancer the tasks, the tasks the database.
# Rules between them name the other group, never an address. A group starts without any rule, also for what goes
# out: Terraform takes away the one with which AWS makes it.

resource "aws_security_group" "alb" {
  #checkov:skip=CKV2_AWS_5:It is used by the load balancer in another module, which checkov does not see.
  name        = "${var.environment_name}-tickbox-alb"
  description = "Load balancer: HTTP and HTTPS from anywhere"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.environment_name}-tickbox-alb" }
}

resource "aws_vpc_security_group_ingress_rule" "alb_from_internet" {
  #checkov:skip=CKV_AWS_260:Port 80 is open so that it can redirect to HTTPS.
  for_each = { http = 80, https = 443 }

  security_group_id = aws_security_group.alb.id
  description       = "${upper(each.key)} from anywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

resource "aws_vpc_security_group_egress_rule" "alb_to_ecs" {
  security_group_id            = aws_security_group.alb.id
  description                  = "Requests and health checks to the tasks"
  referenced_security_group_id = aws_security_group.ecs.id
  ip_protocol                  = "tcp"
  from_port                    = var.app_port
  to_port                      = var.app_port
}

resource "aws_security_group" "ecs" {
  #checkov:skip=CKV2_AWS_5:It is used by the ECS service in another module, which checkov does not see.
  name        = "${var.environment_name}-tickbox-ecs"
  description = "Tasks: reached by the load balancer only"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.environment_name}-tickbox-ecs" }
}

resource "aws_vpc_security_group_ingress_rule" "ecs_from_alb" {
  #checkov:skip=CKV_AWS_260:The source is the load balancer's group and no address.
  security_group_id            = aws_security_group.ecs.id
  description                  = "Requests and health checks from the load balancer"
  referenced_security_group_id = aws_security_group.alb.id
  ip_protocol                  = "tcp"
  from_port                    = var.app_port
  to_port                      = var.app_port
}

# Docker Hub has no fixed addresses, so this one cannot be narrower. Names are resolved by the VPC itself, which
# security groups do not concern.
resource "aws_vpc_security_group_egress_rule" "ecs_to_https" {
  security_group_id = aws_security_group.ecs.id
  description       = "Docker Hub, Secrets Manager, CloudWatch Logs"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "ecs_to_db" {
  security_group_id            = aws_security_group.ecs.id
  description                  = "MySQL to the database"
  referenced_security_group_id = aws_security_group.db.id
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
}

# It has no rule for what goes out: a database answers, it does not call.
resource "aws_security_group" "db" {
  #checkov:skip=CKV2_AWS_5:It is used by the database in another module, which checkov does not see.
  name        = "${var.environment_name}-tickbox-db"
  description = "Database: reached by the tasks only"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.environment_name}-tickbox-db" }
}

resource "aws_vpc_security_group_ingress_rule" "db_from_ecs" {
  security_group_id            = aws_security_group.db.id
  description                  = "MySQL from the tasks"
  referenced_security_group_id = aws_security_group.ecs.id
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
}

mock_provider "aws" {}

variables {
  vpc_name        = "test-tickbox"
  vpc_cidr_range  = "10.0.0.0/16"
  public_subnets  = ["10.0.0.0/24", "10.0.1.0/24"]
  private_subnets = ["10.0.10.0/24", "10.0.11.0/24"]
  azs             = ["eu-central-1a", "eu-central-1b"]
}

run "private_subnets_have_no_way_out" {
  assert {
    condition     = length(aws_route_table.private.route) == 0
    error_message = "The private route table must have no route of its own."
  }

  assert {
    condition     = length(aws_route_table_association.private) == 2 && alltrue([for association in aws_route_table_association.private : association.route_table_id == aws_route_table.private.id])
    error_message = "Every private subnet must use the private route table."
  }

  assert {
    condition     = toset(aws_db_subnet_group.this.subnet_ids) == toset(output.private_ids)
    error_message = "The database subnet group must hold the private subnets and no other."
  }
}

run "public_subnets_reach_the_internet" {
  assert {
    condition     = [for route in aws_route_table.public.route : route.gateway_id if route.cidr_block == "0.0.0.0/0"] == [aws_internet_gateway.this.id]
    error_message = "The public route table must lead to the internet gateway."
  }

  assert {
    condition     = length(aws_route_table_association.public) == 2 && alltrue([for association in aws_route_table_association.public : association.route_table_id == aws_route_table.public.id])
    error_message = "Every public subnet must use the public route table."
  }

  assert {
    condition     = length(setintersection(toset(output.public_ids), toset(output.private_ids))) == 0
    error_message = "No subnet is both public and private."
  }
}

run "subnets_are_spread_over_the_zones" {
  command = plan

  assert {
    condition     = toset(aws_subnet.public[*].availability_zone) == toset(var.azs) && toset(aws_subnet.private[*].availability_zone) == toset(var.azs)
    error_message = "Both kinds of subnets must be in each zone."
  }
}

run "the_default_security_group_is_closed" {
  assert {
    condition     = aws_default_security_group.this.vpc_id == aws_vpc.this.id && length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "The VPC's default security group must let nothing through."
  }
}

run "one_zone_is_refused" {
  command = plan

  variables {
    azs = ["eu-central-1a"]
  }

  expect_failures = [var.azs]
}

run "the_same_zone_twice_is_refused" {
  command = plan

  variables {
    azs = ["eu-central-1a", "eu-central-1a"]
  }

  expect_failures = [var.azs]
}

run "a_range_that_is_none_is_refused" {
  command = plan

  variables {
    vpc_cidr_range = "10.0.0.0"
  }

  expect_failures = [var.vpc_cidr_range]
}

run "a_range_too_wide_for_aws_is_refused" {
  command = plan

  variables {
    vpc_cidr_range = "10.0.0.0/8"
  }

  expect_failures = [var.vpc_cidr_range]
}

run "one_public_subnet_is_refused" {
  command = plan

  variables {
    public_subnets = ["10.0.0.0/24"]
  }

  expect_failures = [var.public_subnets]
}

run "one_private_subnet_is_refused" {
  command = plan

  variables {
    private_subnets = ["10.0.10.0/24"]
  }

  expect_failures = [var.private_subnets]
}

run "a_public_subnet_outside_the_vpc_is_refused" {
  command = plan

  variables {
    public_subnets = ["10.0.0.0/24", "10.1.1.0/24"]
  }

  expect_failures = [var.public_subnets]
}

run "a_private_subnet_outside_the_vpc_is_refused" {
  command = plan

  variables {
    private_subnets = ["10.0.10.0/24", "192.168.0.0/24"]
  }

  expect_failures = [var.private_subnets]
}

run "a_subnet_that_begins_within_a_block_is_refused" {
  command = plan

  variables {
    private_subnets = ["10.0.10.0/24", "10.0.11.7/24"]
  }

  expect_failures = [var.private_subnets]
}

run "overlapping_subnets_are_refused" {
  command = plan

  variables {
    private_subnets = ["10.0.10.0/24", "10.0.1.128/25"]
  }

  expect_failures = [var.private_subnets]
}

run "a_name_that_aws_would_refuse_is_refused" {
  command = plan

  variables {
    vpc_name = "Test VPC"
  }

  expect_failures = [var.vpc_name]
}

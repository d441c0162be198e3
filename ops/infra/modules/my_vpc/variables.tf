variable "vpc_name" {
  description = "Name of the VPC; the names of its parts begin with it."
  type        = string

  # The database subnet group takes no other signs.
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,99}$", var.vpc_name))
    error_message = "vpc_name begins with a small letter and has small letters, digits and hyphens only."
  }
}

variable "vpc_cidr_range" {
  description = "CIDR block of the VPC, such as 10.0.0.0/16."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr_range)) && try(tonumber(split("/", var.vpc_cidr_range)[1]), 0) >= 16 && try(tonumber(split("/", var.vpc_cidr_range)[1]), 99) <= 28
    error_message = "vpc_cidr_range must be an IPv4 CIDR block of AWS's sizes, /16 to /28, such as 10.0.0.0/16."
  }
}

variable "public_subnets" {
  description = "CIDR blocks of the subnets that reach the internet, two or more."
  type        = list(string)

  validation {
    condition     = length(var.public_subnets) >= 2
    error_message = "A load balancer needs public subnets in at least two availability zones."
  }

  validation {
    condition = alltrue([for subnet in var.public_subnets : try(
      cidrsubnet("${split("/", subnet)[0]}/${split("/", var.vpc_cidr_range)[1]}", 0, 0) == cidrsubnet(var.vpc_cidr_range, 0, 0)
      && tonumber(split("/", subnet)[1]) >= tonumber(split("/", var.vpc_cidr_range)[1])
      && cidrsubnet(subnet, 0, 0) == subnet,
    false)])
    error_message = "Each of public_subnets must be a CIDR block within vpc_cidr_range, such as 10.0.0.0/24."
  }
}

variable "private_subnets" {
  description = "CIDR blocks of the subnets without a way to the internet, two or more."
  type        = list(string)

  validation {
    condition     = length(var.private_subnets) >= 2
    error_message = "A database subnet group needs private subnets in at least two availability zones."
  }

  validation {
    condition = alltrue([for subnet in var.private_subnets : try(
      cidrsubnet("${split("/", subnet)[0]}/${split("/", var.vpc_cidr_range)[1]}", 0, 0) == cidrsubnet(var.vpc_cidr_range, 0, 0)
      && tonumber(split("/", subnet)[1]) >= tonumber(split("/", var.vpc_cidr_range)[1])
      && cidrsubnet(subnet, 0, 0) == subnet,
    false)])
    error_message = "Each of private_subnets must be a CIDR block within vpc_cidr_range, such as 10.0.10.0/24."
  }

  # Two blocks overlap when, cut to the wider one's length, they are the same. Each is compared with all: once
  # with itself, so that exactly one hit is right. AWS would notice only half-way through an apply.
  validation {
    condition = alltrue([for one in concat(var.public_subnets, var.private_subnets) : length([
      for other in concat(var.public_subnets, var.private_subnets) : other if try(
        cidrsubnet("${split("/", one)[0]}/${min(split("/", one)[1], split("/", other)[1])}", 0, 0)
        == cidrsubnet("${split("/", other)[0]}/${min(split("/", one)[1], split("/", other)[1])}", 0, 0),
      false)
    ]) <= 1])
    error_message = "Two of the subnets overlap."
  }
}

variable "azs" {
  description = "Availability zones, two or more; the subnets are dealt out to them in turn."
  type        = list(string)

  validation {
    condition     = length(var.azs) >= 2 && length(distinct(var.azs)) == length(var.azs)
    error_message = "Name at least two different availability zones."
  }
}

variable "environment_name" {
  description = "Name of the environment; the names of its resources begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment_name))
    error_message = "environment_name is 2 to 12 small letters and digits; with more, names of AWS would grow too long."
  }
}

variable "vpc_id" {
  description = "Id of the VPC in which the tasks are."
  type        = string
}

variable "public_ids" {
  description = "Ids of public subnets, in two zones or more."
  type        = list(string)

  validation {
    condition     = length(var.public_ids) >= 2
    error_message = "A load balancer needs subnets in at least two availability zones."
  }
}

variable "alb_sg_id" {
  description = "Id of the load balancer's security group."
  type        = string
}

variable "app_port" {
  description = "Port on which the tasks listen."
  type        = number
  default     = 80

  validation {
    condition     = var.app_port >= 1 && var.app_port <= 65535 && floor(var.app_port) == var.app_port
    error_message = "app_port is a TCP port, 1 to 65535."
  }
}

variable "certificate_arn" {
  description = "Certificate of AWS Certificate Manager, in the balancer's region; null serves plain HTTP."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]+$", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of a certificate in AWS Certificate Manager."
  }
}

variable "domain_name" {
  description = "Name for which the certificate is and under which people find the application; null without a certificate."
  type        = string
  default     = null

  validation {
    condition     = var.domain_name == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "domain_name is a host name such as todo.example.org, without https://."
  }

  # No certificate is for the balancer's own name, so a browser would warn.
  validation {
    condition     = (var.domain_name == null) == (var.certificate_arn == null)
    error_message = "certificate_arn and domain_name belong together: give both or neither."
  }
}

variable "ssl_policy" {
  description = "Versions and ciphers of TLS: a policy of AWS with TLS 1.3 and not below 1.2."
  type        = string
  default     = "ELBSecurityPolicy-TLS13-1-2-2021-06"

  validation {
    condition     = can(regex("^ELBSecurityPolicy-TLS13-1-[23]-", var.ssl_policy)) && !strcontains(var.ssl_policy, "-Ext")
    error_message = "ssl_policy must be one of ELBSecurityPolicy-TLS13-1-2-... or -1-3-..., and none of -Ext, which bring weak ciphers back."
  }
}

variable "idle_timeout" {
  description = "Seconds after which the balancer closes a connection that rests."
  type        = number
  default     = 60

  validation {
    condition     = var.idle_timeout >= 1 && var.idle_timeout < 75
    error_message = "idle_timeout must be below the 75 seconds of the application, which otherwise closes connections under the balancer's hands."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the balancer, whose name is in other people's DNS."
  type        = bool
  default     = true
}

variable "access_logs_bucket" {
  description = "Bucket for the balancer's access logs, which must let it write; null for none."
  type        = string
  default     = null
}

variable "environment_name" {
  description = "Name of the environment; the names of its resources begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment_name))
    error_message = "environment_name is 2 to 12 small letters and digits; with more, names of AWS would grow too long."
  }
}

variable "db_creds_arn" {
  description = "ARN of the secret db_creds."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^*?]+$", var.db_creds_arn))
    error_message = "db_creds_arn must be the whole ARN of one secret, without a wildcard."
  }
}

variable "registry_creds_arn" {
  description = "ARN of the secret registry_creds."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^*?]+$", var.registry_creds_arn))
    error_message = "registry_creds_arn must be the whole ARN of one secret, without a wildcard."
  }
}

variable "log_group_arn" {
  description = "ARN of the log group to which the tasks write, without :* at its end."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:logs:[a-z0-9-]+:[0-9]{12}:log-group:[^*?:]+$", var.log_group_arn))
    error_message = "log_group_arn must be the whole ARN of one log group, without a wildcard."
  }
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds both roles, whatever their own policies say; null for none."
  type        = string
  default     = null
}

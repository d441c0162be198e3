variable "environment_name" {
  description = "Name of the environment; the names of its resources begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment_name))
    error_message = "environment_name is 2 to 12 small letters and digits; with more, names of AWS would grow too long."
  }
}

variable "email" {
  description = "Address to which alarms go; null for nobody."
  type        = string
  default     = null

  validation {
    condition     = var.email == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.email))
    error_message = "email is one address, such as oncall@example.org."
  }
}

variable "lb_arn_suffix" {
  description = "The load balancer's name in metrics."
  type        = string
}

variable "target_group_arn_suffix" {
  description = "The target group's name in metrics."
  type        = string
}

variable "min_tasks" {
  description = "Tasks that always run."
  type        = number

  validation {
    condition     = var.min_tasks >= 1
    error_message = "With less than one task the alarm could never fire."
  }
}

variable "db_identifier" {
  description = "Name of the database instance."
  type        = string
}

variable "db_instance_class" {
  description = "Class of the database instance; classes of db.t... have CPU credits."
  type        = string
}

variable "db_max_connections" {
  description = "Connections that the database takes."
  type        = number

  validation {
    condition     = var.db_max_connections >= 10
    error_message = "db_max_connections is what MySQL's max_connections says."
  }
}

variable "errors_5xx" {
  description = "Answers of 5xx in five minutes that are too many."
  type        = number
  default     = 10

  validation {
    condition     = var.errors_5xx >= 1
    error_message = "With 0 the alarm would never end."
  }
}

variable "p99_seconds" {
  description = "Seconds within which 99 of 100 requests must be answered."
  type        = number
  default     = 1

  # The application gives up after five seconds by itself, so a greater bound would never be passed.
  validation {
    condition     = var.p99_seconds > 0 && var.p99_seconds < 5
    error_message = "p99_seconds is above 0 and below 5, after which the application answers 503."
  }
}

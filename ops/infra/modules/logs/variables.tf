variable "environment_name" {
  description = "Name of the environment; the names of its resources begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment_name))
    error_message = "environment_name is 2 to 12 small letters and digits; with more, names of AWS would grow too long."
  }
}

variable "retention_in_days" {
  description = "Days for which log lines are kept."
  type        = number
  default     = 30

  # Without the 0 of AWS, which means for ever.
  validation {
    condition = contains([
      1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
    ], var.retention_in_days)
    error_message = "retention_in_days must be one that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, ...; not 0, which is for ever."
  }
}

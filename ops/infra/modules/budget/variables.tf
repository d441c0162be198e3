variable "environment_name" {
  description = "Name of the environment; the names of its resources begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment_name))
    error_message = "environment_name is 2 to 12 small letters and digits; with more, names of AWS would grow too long."
  }
}

variable "limit_usd" {
  description = "USD a month that it may cost."
  type        = number

  validation {
    condition     = var.limit_usd >= 1
    error_message = "limit_usd is an amount of USD a month."
  }
}

variable "cost_allocation_tag" {
  description = "Activated cost allocation tag whose value is the environment's name; null counts the whole account."
  type        = string
  default     = null

  validation {
    condition     = var.cost_allocation_tag == null || can(regex("^[A-Za-z][A-Za-z0-9_.-]*$", var.cost_allocation_tag))
    error_message = "cost_allocation_tag is the name of a tag, such as environment, without user: before it."
  }
}

variable "topic_arn" {
  description = "ARN of the topic that is told; its policy must let AWS Budgets publish."
  type        = string
}

variable "image" {
  description = "Image of the application by digest, such as docker.io/owner/tickbox@sha256:...: the one that runs, or the first one."
  type        = string
}

variable "region" {
  description = "AWS region of everything."
  type        = string
  default     = "eu-central-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is a region of AWS such as eu-central-1."
  }
}

variable "app_port" {
  description = "Port on which the tasks listen: 80, or one above 1023 should a platform not let user 65532 take it."
  type        = number
  default     = 80
}

variable "certificate_arn" {
  description = "Certificate of AWS Certificate Manager for domain_name; null serves plain HTTP."
  type        = string
  default     = null
}

variable "domain_name" {
  description = "Host name under which people find the application, such as todo.example.org; with certificate_arn only."
  type        = string
  default     = null
}

variable "alarm_email" {
  description = "Address to which alarms and the budget write; null for nobody."
  type        = string
  default     = null
}

variable "budget_usd" {
  description = "USD a month of which the budget tells; null for what it should cost, and some more."
  type        = number
  default     = null
}

variable "cost_allocation_tag" {
  description = "Set it to environment once that tag is activated for cost allocation; null counts the whole account."
  type        = string
  default     = null
}

variable "access_logs_bucket" {
  description = "Bucket for the load balancer's access logs; null for none."
  type        = string
  default     = null
}

variable "db_password_version" {
  description = "Raise it by one after db_password in db_creds has changed."
  type        = number
  default     = 1
}

variable "db_engine_version" {
  description = "Major version of MySQL."
  type        = string
  default     = "8.4"
}

variable "db_allow_major_version_upgrade" {
  description = "Whether db_engine_version may be a new major version; true for as long as an upgrade takes."
  type        = bool
  default     = false
}

variable "db_apply_immediately" {
  description = "Whether changes that interrupt the database happen at once instead of on Sunday night."
  type        = bool
  default     = false
}

variable "use_permissions_boundary" {
  description = "Whether the roles are bounded by the policy that bootstrap/ makes; the pipeline may make them only so."
  type        = bool
  default     = true
}

variable "region" {
  description = "Where the state is kept and both environments run."
  type        = string
  default     = "eu-central-1"
}

variable "state_bucket" {
  description = "Name of the bucket for the states; unique among all accounts of AWS, such as tickbox-state-<account id>."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "A bucket's name has 3 to 63 small letters, digits and hyphens; with a dot in it TLS would fail."
  }
}

variable "github_subjects" {
  description = <<-TEXT
    For each environment the subjects (`sub`) of the GitHub tokens that may take its roles, exactly as GitHub
    writes them: `infra` and `plan` name the infrastructure's repository, `deploy` the application's. Without
    `plan` there is no role for pull requests.
  TEXT
  type = map(object({
    infra  = set(string)
    deploy = set(string)
    plan   = optional(set(string), [])
  }))

  validation {
    condition     = length(var.github_subjects) > 0 && alltrue([for name in keys(var.github_subjects) : can(regex("^[a-z][a-z0-9]{1,11}$", name))])
    error_message = "Name at least one environment, by 2 to 12 small letters and digits: names of AWS resources begin with it."
  }

  validation {
    condition     = alltrue([for roles in values(var.github_subjects) : length(roles.infra) > 0 && length(roles.deploy) > 0])
    error_message = "Each environment needs a subject for `infra` and one for `deploy`; a role that nobody may take is a mistake."
  }

  # An asterisk or question mark would mean itself under StringEquals, so this is no hole but a misunderstanding.
  # Old subjects are repo:OWNER/NAME:..., immutable ones carry numeric ids after the names (-123 or @123).
  validation {
    condition = alltrue(flatten([for roles in values(var.github_subjects) : [
      for subject in setunion(roles.infra, roles.deploy, roles.plan) :
      can(regex("^repo:[A-Za-z0-9._@-]+/[A-Za-z0-9._@-]+:[A-Za-z0-9._:/@-]+$", subject))
    ]]))
    error_message = "A subject is written out, as repo:OWNER/NAME:environment:staging: no wildcard, no blank, nothing left out."
  }

  # Only a job of that GitHub environment has such a subject, so its reviewers and branch rules cannot be evaded.
  validation {
    condition = alltrue(flatten([for name, roles in var.github_subjects : [
      for subject in setunion(roles.infra, roles.deploy) : endswith(subject, ":environment:${name}")
    ]]))
    error_message = "Subjects of `infra` and `deploy` end with :environment: and the environment's own name."
  }

  validation {
    condition     = alltrue(flatten([for roles in values(var.github_subjects) : [for subject in roles.plan : endswith(subject, ":pull_request")]]))
    error_message = "Subjects of `plan` end with :pull_request."
  }

  validation {
    condition     = alltrue([for roles in values(var.github_subjects) : length(setintersection(roles.infra, roles.deploy)) == 0])
    error_message = "The application's repository may deploy, the infrastructure's may change everything: no subject may do both."
  }
}

variable "require_permissions_boundary" {
  description = "Whether the pipeline may make roles only below the boundary that is made here. The environments set it on their roles."
  type        = bool
  default     = true
}

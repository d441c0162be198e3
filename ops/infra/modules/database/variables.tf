variable "environment_name" {
  description = "Name of the environment; the names of its resources begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment_name))
    error_message = "environment_name is 2 to 12 small letters and digits; with more, names of AWS would grow too long."
  }
}

variable "db_subnet_gr_name" {
  description = "Name of the database subnet group; its subnets must be private."
  type        = string
}

variable "db_sg_id" {
  description = "Id of the database's security group."
  type        = string
}

variable "engine_version" {
  description = "Major version of MySQL, such as 8.4; minor ones are AWS's choice."
  type        = string
  default     = "8.4"

  validation {
    condition     = can(regex("^(8\\.4|9\\.[0-9]+|[1-9][0-9]+\\.[0-9]+)$", var.engine_version))
    error_message = "engine_version is a major version, 8.4 or newer; AWS's standard support for MySQL 8.0 has ended."
  }
}

variable "allow_major_version_upgrade" {
  description = "Whether a new engine_version may be a new major version. True for as long as an upgrade takes."
  type        = bool
  default     = false
}

variable "apply_immediately" {
  description = "Whether changes that interrupt service happen at once instead of in the maintenance window."
  type        = bool
  default     = false
}

variable "instance_class" {
  description = "Size of the instance, an arm64 one (Graviton)."
  type        = string
  default     = "db.t4g.micro"

  validation {
    condition     = can(regex("^db\\.[a-z]+[0-9]+g[a-z]*\\.[0-9a-z]+$", var.instance_class))
    error_message = "instance_class must be an arm64 class such as db.t4g.micro or db.m7g.large; others cost more for the same work."
  }
}

variable "allocated_storage" {
  description = "Storage to begin with, in GiB."
  type        = number
  default     = 20

  validation {
    condition     = var.allocated_storage >= 20 && floor(var.allocated_storage) == var.allocated_storage
    error_message = "gp3 storage begins with 20 GiB."
  }
}

variable "max_allocated_storage" {
  description = "Storage up to which AWS enlarges it by itself, in GiB. It never shrinks again."
  type        = number
  default     = 100

  # AWS asks for at least a tenth more than there is.
  validation {
    condition     = var.max_allocated_storage >= 1.1 * var.allocated_storage && floor(var.max_allocated_storage) == var.max_allocated_storage
    error_message = "max_allocated_storage must be at least a tenth more than allocated_storage; a full disk stops the database."
  }
}

variable "multi_az" {
  description = "Whether a standby in another zone takes over when the instance or its zone fails."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the instance; with it, a last snapshot and the backups outlive the instance."
  type        = bool
  default     = true
}

variable "backup_retention_days" {
  description = "Days back to which the database can be restored, to the second."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35 && floor(var.backup_retention_days) == var.backup_retention_days
    error_message = "backup_retention_days is 1 to 35; 0 would mean no backups at all."
  }
}

variable "max_connections" {
  description = "Connections that MySQL takes: those of twice as many tasks as there may ever be, and some for people."
  type        = number
  default     = 150

  # Each costs memory: more than this does not fit the smallest class, and fewer do not carry two tasks.
  validation {
    condition     = var.max_connections >= 40 && var.max_connections <= 5000 && floor(var.max_connections) == var.max_connections
    error_message = "max_connections is 40 to 5000."
  }

  validation {
    condition     = var.max_connections <= 200 || !endswith(var.instance_class, ".micro")
    error_message = "A micro instance has 1 GiB of memory; give it no more than 200 connections, or take a bigger class."
  }
}

variable "log_retention_in_days" {
  description = "Days for which the error log and the log of slow statements are kept."
  type        = number
  default     = 30

  validation {
    condition = contains([
      1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
    ], var.log_retention_in_days)
    error_message = "log_retention_in_days must be one that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, ...; not 0, which is for ever."
  }
}

variable "db_name" {
  description = "Name of the database; the same as db_name in db_creds."
  type        = string
  default     = "tickbox"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_]{0,63}$", var.db_name))
    error_message = "db_name begins with a letter and has letters, digits and underscores, at most 64."
  }
}

variable "db_username" {
  description = "Master user; the same as db_username in db_creds."
  type        = string
  default     = "tickbox"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_]{0,15}$", var.db_username)) && !contains(["admin", "mysql", "rdsadmin", "root"], lower(var.db_username))
    error_message = "db_username begins with a letter and has letters, digits and underscores, at most 16; the names that everybody guesses are refused."
  }
}

variable "db_password" {
  description = "Master password, db_password in db_creds. It is passed on and kept nowhere."
  type        = string
  ephemeral   = true

  # RDS takes up to 41 and would refuse these signs half-way through an apply.
  validation {
    condition     = can(regex("^[!-~]{16,41}$", var.db_password)) && !can(regex("[/@\"']", var.db_password))
    error_message = "db_password in db_creds needs 16 to 41 printable ASCII characters, none of them / @ \" ' or a blank: `openssl rand -hex 20` prints one."
  }
}

variable "db_password_version" {
  description = "Raise it by one after db_password in db_creds has changed: that sends the new password to the database."
  type        = number
  default     = 1

  validation {
    condition     = var.db_password_version >= 1 && floor(var.db_password_version) == var.db_password_version
    error_message = "db_password_version counts from 1."
  }
}

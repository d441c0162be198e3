variable "environment_name" {
  description = "Name of the environment; the names of its resources begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment_name))
    error_message = "environment_name is 2 to 12 small letters and digits; with more, names of AWS would grow too long."
  }
}

variable "image" {
  description = "Image by digest, such as docker.io/owner/tickbox@sha256:...; the pipeline replaces it with the next deployment."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.:/_-]*@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Give the image by its digest, name@sha256:<64 hex digits>: a tag can be moved to something else."
  }
}

variable "cpu" {
  description = "CPU units of a task; 1024 are one vCPU."
  type        = number
  default     = 256

  validation {
    condition     = contains([256, 512, 1024, 2048], var.cpu)
    error_message = "cpu is 256, 512, 1024 or 2048. Take more tasks before bigger ones."
  }
}

variable "memory" {
  description = "Memory of a task in MiB."
  type        = number
  default     = 512

  validation {
    condition = contains(lookup({
      256  = [512, 1024, 2048]
      512  = [1024, 2048, 3072, 4096]
      1024 = [for gib in range(2, 9) : gib * 1024]
      2048 = [for gib in range(4, 17) : gib * 1024]
    }, var.cpu, []), var.memory)
    error_message = "Fargate has no such pair of cpu and memory: 256 goes with 512 to 2048, 512 with 1024 to 4096, 1024 with 2048 to 8192, 2048 with 4096 to 16384."
  }
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

variable "min_tasks" {
  description = "Tasks that always run."
  type        = number
  default     = 1

  validation {
    condition     = var.min_tasks >= 1 && floor(var.min_tasks) == var.min_tasks
    error_message = "At least one task must run."
  }
}

variable "max_tasks" {
  description = "Tasks that run at most, however much there is to do."
  type        = number
  default     = 2

  validation {
    condition     = var.max_tasks >= var.min_tasks && floor(var.max_tasks) == var.max_tasks
    error_message = "max_tasks must not be below min_tasks."
  }
}

variable "requests_per_task" {
  description = "Requests a minute and task above which a task is added; 6000 are 100 a second, well below what a quarter of a vCPU can do."
  type        = number
  default     = 6000

  validation {
    condition     = var.requests_per_task >= 60
    error_message = "requests_per_task is counted by the minute: below 60, a browser or two would add tasks."
  }
}

variable "use_spot" {
  description = "Whether tasks run on spare capacity: up to 70 % cheaper, and AWS may take them away at two minutes' notice."
  type        = bool
  default     = false
}

variable "container_insights" {
  description = "Whether CloudWatch keeps metrics of each task, which are paid for one by one."
  type        = bool
  default     = false
}

variable "public_ids" {
  description = "Ids of the public subnets in which tasks run, in two zones or more."
  type        = list(string)

  validation {
    condition     = length(var.public_ids) >= 2
    error_message = "Tasks need subnets in at least two availability zones, or one zone takes all of them with it."
  }
}

variable "ecs_sg_id" {
  description = "Id of the tasks' security group."
  type        = string
}

variable "target_group_arn" {
  description = "ARN of the load balancer's target group."
  type        = string
}

variable "lb_arn_suffix" {
  description = "The load balancer's name in metrics."
  type        = string
}

variable "target_group_arn_suffix" {
  description = "The target group's name in metrics."
  type        = string
}

variable "execution_role_arn" {
  description = "ARN of the role with which ECS starts tasks."
  type        = string
}

variable "task_role_arn" {
  description = "ARN of the application's role."
  type        = string
}

variable "db_creds_arn" {
  description = "ARN of the secret db_creds."
  type        = string
}

variable "registry_creds_arn" {
  description = "ARN of the secret registry_creds."
  type        = string
}

variable "log_group_name" {
  description = "Name of the log group."
  type        = string
}

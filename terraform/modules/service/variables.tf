variable "name" {
  type        = string
  description = "Name of the service, its task family and its container."

  validation {
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9-]{0,31}$", var.name))
    error_message = "name must be 1 to 32 letters, digits and hyphens, beginning with a letter: roles are named by it."
  }
}

variable "cluster_name" {
  type        = string
  description = "Name of the ECS cluster."
}

variable "cluster_arn" {
  type        = string
  description = "ARN of the ECS cluster."
}

variable "vpc_id" {
  type        = string
  description = "VPC of the load balancer and its targets."
}

variable "load_balancer_name" {
  type        = string
  description = "Name of the load balancer."

  validation {
    condition     = can(regex("^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$", var.load_balancer_name)) && !startswith(var.load_balancer_name, "internal-")
    error_message = "load_balancer_name must be 1 to 32 letters, digits and hyphens, without a hyphen at either end, and not begin with internal-."
  }
}

variable "load_balancer_subnet_ids" {
  type        = list(string)
  description = "Subnets of the load balancer, in at least two zones."

  validation {
    condition     = length(var.load_balancer_subnet_ids) >= 2
    error_message = "A load balancer needs subnets in at least two zones."
  }
}

variable "node_security_group_id" {
  type        = string
  description = "Security group of the nodes; it is opened for the load balancer."
}

variable "capacity_provider_name" {
  type        = string
  default     = null
  description = "Capacity provider that places the tasks; null: launch type EC2."
}

variable "image" {
  type        = string
  description = "Image of the container, with its tag."
}

variable "container_port" {
  type        = number
  default     = 8080
  description = "Port that the container listens on."

  validation {
    condition     = var.container_port >= 1 && var.container_port <= 65535
    error_message = "container_port must be from 1 to 65535."
  }
}

variable "cpu" {
  type        = number
  default     = 256
  description = "CPU units that a task reserves; 1024 are one vCPU."

  validation {
    condition     = var.cpu >= 0
    error_message = "cpu must not be negative."
  }
}

variable "memory" {
  type        = number
  default     = 128
  description = "MiB beyond which a task is killed."

  validation {
    condition     = var.memory >= 4
    error_message = "memory must be at least 4 MiB."
  }
}

variable "memory_reservation" {
  type        = number
  default     = null
  description = "MiB that a task reserves on its node; null: all of memory."
}

variable "environment" {
  type        = map(string)
  default     = {}
  description = "Environment variables of the container."
}

variable "secrets" {
  type        = map(string)
  default     = {}
  description = "Environment variables that are read when a task starts: name to the ARN of an SSM parameter or a secret."
}

variable "task_policy" {
  type        = string
  default     = null
  description = "Policy document (JSON) of what tasks may do; null: nothing."
}

variable "stop_timeout" {
  type        = number
  default     = null
  description = "Seconds between SIGTERM and SIGKILL; null: the node's default of 30."
}

variable "desired_count" {
  type        = number
  default     = 2
  description = "Tasks at first; autoscaling decides afterwards."

  validation {
    condition     = var.desired_count >= 0
    error_message = "desired_count must not be negative."
  }
}

variable "deployment_minimum_healthy_percent" {
  type        = number
  default     = 100
  description = "Percent of the desired tasks that a deployment keeps healthy."

  validation {
    condition     = var.deployment_minimum_healthy_percent >= 0 && var.deployment_minimum_healthy_percent <= 100
    error_message = "deployment_minimum_healthy_percent must be from 0 to 100."
  }
}

variable "deployment_maximum_percent" {
  type        = number
  default     = 200
  description = "Percent of the desired tasks that a deployment may run."

  validation {
    condition     = var.deployment_maximum_percent >= 100 && var.deployment_maximum_percent <= 200
    error_message = "deployment_maximum_percent must be from 100 to 200."
  }
}

variable "circuit_breaker" {
  type        = bool
  default     = true
  description = "Whether a deployment whose tasks keep failing is rolled back."
}

variable "placement" {
  type        = string
  default     = "spread"
  description = "How tasks are placed within a zone: spread over the nodes, or binpack (fewest nodes)."

  validation {
    condition     = contains(["spread", "binpack"], var.placement)
    error_message = "placement must be spread or binpack."
  }
}

variable "health_check_grace_period" {
  type        = number
  default     = 30
  description = "Seconds for which a new task's failed health checks are not held against it."

  validation {
    condition     = var.health_check_grace_period >= 0
    error_message = "health_check_grace_period must not be negative."
  }
}

variable "health_check" {
  type = object({
    path                = optional(string, "/api")
    matcher             = optional(string, "200")
    interval            = optional(number, 10)
    timeout             = optional(number, 5)
    healthy_threshold   = optional(number, 2)
    unhealthy_threshold = optional(number, 2)
  })
  default     = {}
  description = "How the load balancer finds out which tasks serve."

  validation {
    condition     = var.health_check.interval >= 5 && var.health_check.interval <= 300 && var.health_check.timeout < var.health_check.interval
    error_message = "health_check: interval must be from 5 to 300 seconds, and timeout less than interval."
  }

  validation {
    condition     = min(var.health_check.healthy_threshold, var.health_check.unhealthy_threshold) >= 2 && max(var.health_check.healthy_threshold, var.health_check.unhealthy_threshold) <= 10
    error_message = "health_check: thresholds must be from 2 to 10."
  }
}

variable "wait_for_steady_state" {
  type        = bool
  default     = false
  description = "Whether apply waits until all tasks serve."
}

variable "internal" {
  type        = bool
  default     = false
  description = "Whether the load balancer is reached from within the VPC only."
}

variable "client_cidrs" {
  type        = list(string)
  default     = ["0.0.0.0/0"]
  description = "Address blocks of the clients."

  validation {
    condition     = alltrue([for cidr in var.client_cidrs : can(cidrnetmask(cidr))])
    error_message = "client_cidrs must be IPv4 blocks, for example 0.0.0.0/0."
  }
}

variable "http_port" {
  type        = number
  default     = 80
  description = "Port of the HTTP listener."

  validation {
    condition     = var.http_port >= 1 && var.http_port <= 65535
    error_message = "http_port must be from 1 to 65535."
  }
}

variable "https_port" {
  type        = number
  default     = 443
  description = "Port of the HTTPS listener."

  validation {
    condition     = var.https_port >= 1 && var.https_port <= 65535
    error_message = "https_port must be from 1 to 65535."
  }
}

variable "certificate_arn" {
  type        = string
  default     = null
  description = "Certificate of the HTTPS listener (ACM); with one, HTTP redirects to HTTPS. null: HTTP only."
}

variable "ssl_policy" {
  type        = string
  default     = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  description = "TLS versions and ciphers of the HTTPS listener."
}

variable "idle_timeout" {
  type        = number
  default     = 60
  description = "Seconds after which the load balancer closes an idle connection."

  validation {
    condition     = var.idle_timeout >= 1 && var.idle_timeout <= 4000
    error_message = "idle_timeout must be from 1 to 4000."
  }
}

variable "deletion_protection" {
  type        = bool
  default     = false
  description = "Whether the load balancer refuses to be deleted."
}

variable "deregistration_delay" {
  type        = number
  default     = 30
  description = "Seconds that a task keeps serving its open requests after it is taken out."

  validation {
    condition     = var.deregistration_delay >= 0 && var.deregistration_delay <= 3600
    error_message = "deregistration_delay must be from 0 to 3600."
  }
}

variable "slow_start" {
  type        = number
  default     = 0
  description = "Seconds over which a new task gets more and more requests; 0: at once its full share."

  validation {
    condition     = var.slow_start == 0 || (var.slow_start >= 30 && var.slow_start <= 900)
    error_message = "slow_start must be 0 or from 30 to 900."
  }
}

variable "balancing" {
  type        = string
  default     = "round_robin"
  description = "How requests are spread: round_robin, least_outstanding_requests."

  validation {
    condition     = contains(["round_robin", "least_outstanding_requests"], var.balancing)
    error_message = "balancing must be round_robin or least_outstanding_requests."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 14
  description = "Days that logs are kept."

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of the periods CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, ..."
  }
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of everything that is made, tasks included."
}

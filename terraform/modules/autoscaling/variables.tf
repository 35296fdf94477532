variable "cluster_name" {
  type        = string
  description = "Name of the ECS cluster."
}

variable "service_name" {
  type        = string
  description = "Name of the ECS service."
}

variable "node_group_name" {
  type        = string
  description = "Name of the Auto Scaling group of the nodes."
}

variable "request_label" {
  type        = string
  default     = null
  description = "Load balancer and target group as metrics name them, joined by a slash: for requests_per_minute."
}

variable "tasks" {
  type = object({
    min                 = optional(number, 1)
    max                 = optional(number, 20)
    cpu_percent         = optional(number, 80)
    memory_percent      = optional(number)
    requests_per_minute = optional(number)
    scale_out_cooldown  = optional(number, 60)
    scale_in_cooldown   = optional(number, 60)
  })
  default     = {}
  description = "How many tasks, and by what: percent of the reserved CPU and memory, requests a minute for each task. A target that is null is not tracked."

  validation {
    condition     = var.tasks.min >= 0 && var.tasks.max >= var.tasks.min
    error_message = "tasks: max must be at least min, and min not negative."
  }

  validation {
    condition     = alltrue([for target in [var.tasks.cpu_percent, var.tasks.memory_percent, var.tasks.requests_per_minute] : target == null ? true : target > 0])
    error_message = "tasks: targets must be above 0, or null."
  }

  validation {
    condition     = min(var.tasks.scale_out_cooldown, var.tasks.scale_in_cooldown) >= 0
    error_message = "tasks: cooldowns must not be negative."
  }
}

variable "schedules" {
  type = map(object({
    schedule = string
    timezone = optional(string, "UTC")
    min      = number
    max      = number
  }))
  default     = {}
  description = "Other bounds from a time on: name to at(...), rate(...) or cron(...) and the bounds."
}

variable "nodes_cpu_percent" {
  type        = number
  default     = 30
  description = "Average CPU of the nodes that their group is held at; null: nodes are not scaled by CPU."

  validation {
    condition     = var.nodes_cpu_percent == null ? true : var.nodes_cpu_percent > 0 && var.nodes_cpu_percent <= 100
    error_message = "nodes_cpu_percent must be above 0 and at most 100, or null."
  }
}

variable "nodes_warmup" {
  type        = number
  default     = 300
  description = "Seconds after which a new node counts."
}

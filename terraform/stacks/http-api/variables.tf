# --- Where, and as whom ---

variable "region" {
  type        = string
  default     = "us-east-1"
  description = "AWS region."

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the name of a region, for example us-east-1."
  }
}

variable "access_key" {
  type        = string
  default     = null
  sensitive   = true
  description = "Access key id; null: AWS's own chain of credentials."
}

variable "secret_key" {
  type        = string
  default     = null
  sensitive   = true
  description = "Secret access key; null: AWS's own chain of credentials."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of everything, besides Project and ManagedBy."
}

# --- Names ---

variable "name" {
  type        = string
  default     = "http-api"
  description = "Name of the service and its repository."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,31}$", var.name))
    error_message = "name must be 1 to 32 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "cluster_name" {
  type        = string
  default     = "container-cluster"
  description = "Name of the cluster."

  validation {
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9-]{0,31}$", var.cluster_name))
    error_message = "cluster_name must be 1 to 32 letters, digits and hyphens, beginning with a letter."
  }
}

variable "load_balancer_name" {
  type        = string
  default     = "ecs-lb"
  description = "Name of the load balancer."
}

# --- Network ---

variable "create_vpc" {
  type        = bool
  default     = false
  description = "Whether to make a VPC of its own; false: the account's default VPC."
}

variable "vpc_cidr" {
  type        = string
  default     = "10.0.0.0/16"
  description = "Address block of the VPC that is made."
}

variable "zone_count" {
  type        = number
  default     = 2
  description = "Availability zones of the VPC that is made."
}

variable "nat_gateways" {
  type        = string
  default     = "none"
  description = "With a VPC of its own: none (nodes in public subnets), single or per_zone (nodes in private subnets)."
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
}

variable "http_port" {
  type        = number
  default     = 80
  description = "Port of the HTTP listener."
}

variable "certificate_arn" {
  type        = string
  default     = null
  description = "Certificate (ACM) for HTTPS; with one, HTTP redirects to it."
}

variable "idle_timeout" {
  type        = number
  default     = 60
  description = "Seconds after which the load balancer closes an idle connection."
}

# --- Image ---

variable "image" {
  type        = string
  default     = null
  description = "Image of the container; null: the repository's, with image_tag."
}

variable "image_tag" {
  type        = string
  default     = "latest"
  description = "Tag of the image in the repository."
}

variable "immutable_image_tags" {
  type        = bool
  default     = false
  description = "Whether a tag, once pushed, can never name another image."
}

variable "scan_on_push" {
  type        = bool
  default     = true
  description = "Whether images are scanned when they are pushed."
}

variable "kept_images" {
  type        = number
  default     = 30
  description = "How many images the repository keeps."
}

# --- Nodes ---

variable "instance_type" {
  type        = string
  default     = "t3.micro"
  description = "Instance type of the nodes."

  validation {
    condition     = can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", var.instance_type))
    error_message = "instance_type must be the name of an instance type, for example t3.micro."
  }
}

variable "cpu_credits" {
  type        = string
  default     = "unlimited"
  description = "CPU credits of burstable nodes: unlimited (above the baseline each vCPU-hour costs), standard (without credits a node is held to its baseline)."
}

variable "image_family" {
  type        = string
  default     = "amazon-linux-2023"
  description = "Family of the ECS-optimized image: amazon-linux-2023 or amazon-linux-2."
}

variable "nodes_min" {
  type        = number
  default     = 1
  description = "Fewest nodes."

  validation {
    condition     = var.nodes_min >= 0
    error_message = "nodes_min must be at least 0."
  }
}

variable "nodes_max" {
  type        = number
  default     = 10
  description = "Most nodes."

  validation {
    condition     = var.nodes_max >= 1 && var.nodes_max >= var.nodes_min
    error_message = "nodes_max must be at least 1 and at least nodes_min."
  }
}

variable "node_scaling" {
  type        = string
  default     = "cpu"
  description = "What scales the nodes: cpu (target tracking of nodes_cpu_percent), capacity_provider (by the tasks that want a place), none."

  validation {
    condition     = contains(["cpu", "capacity_provider", "none"], var.node_scaling)
    error_message = "node_scaling must be cpu, capacity_provider or none."
  }
}

variable "nodes_cpu_percent" {
  type        = number
  default     = 30
  description = "With node_scaling cpu: the average CPU that the nodes are held at. Low, so that there is room for tasks while nodes boot."

  validation {
    condition     = var.nodes_cpu_percent >= 1 && var.nodes_cpu_percent <= 100
    error_message = "nodes_cpu_percent must be from 1 to 100."
  }
}

variable "target_capacity" {
  type        = number
  default     = 100
  description = "With node_scaling capacity_provider: percent of the nodes that is kept in use."
}

variable "nodes_cooldown" {
  type        = number
  default     = 300
  description = "Seconds for which simple scaling of the nodes waits after a change."

  validation {
    condition     = var.nodes_cooldown >= 0
    error_message = "nodes_cooldown must be at least 0."
  }
}

variable "nodes_warmup" {
  type        = number
  default     = 300
  description = "Seconds after which a new node counts."

  validation {
    condition     = var.nodes_warmup >= 0
    error_message = "nodes_warmup must be at least 0."
  }
}

variable "container_insights" {
  type        = bool
  default     = false
  description = "Whether CloudWatch Container Insights are on."
}

variable "detailed_monitoring" {
  type        = bool
  default     = true
  description = "Whether nodes report their CPU each minute."
}

# --- Tasks ---

variable "container_port" {
  type        = number
  default     = 8080
  description = "Port that the container listens on."
}

variable "task_cpu" {
  type        = number
  default     = 256
  description = "CPU units that a task reserves; 1024 are one vCPU."
}

variable "task_memory" {
  type        = number
  default     = 128
  description = "MiB beyond which a task is killed."
}

variable "task_memory_reservation" {
  type        = number
  default     = null
  description = "MiB that a task reserves; null: all of task_memory."
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

variable "tasks_desired" {
  type        = number
  default     = 2
  description = "Tasks at first; autoscaling decides afterwards."

  validation {
    condition     = var.tasks_desired >= 0
    error_message = "tasks_desired must be at least 0."
  }
}

variable "placement" {
  type        = string
  default     = "spread"
  description = "How tasks are placed within a zone: spread or binpack."
}

variable "health_check_grace_period" {
  type        = number
  default     = 30
  description = "Seconds for which a new task's failed health checks are not held against it."
}

variable "log_retention_days" {
  type        = number
  default     = 14
  description = "Days that logs are kept."
}

# --- Deployments ---

variable "deployment_minimum_healthy_percent" {
  type        = number
  default     = 100
  description = "Percent of the desired tasks that a deployment keeps healthy."
}

variable "deployment_maximum_percent" {
  type        = number
  default     = 200
  description = "Percent of the desired tasks that a deployment may run."
}

variable "circuit_breaker" {
  type        = bool
  default     = true
  description = "Whether a deployment whose tasks keep failing is rolled back."
}

variable "wait_for_steady_state" {
  type        = bool
  default     = false
  description = "Whether apply waits until all tasks serve. The image must be there by then."
}

# --- Health and balancing ---

variable "deregistration_delay" {
  type        = number
  default     = 30
  description = "Seconds that a task keeps serving its open requests after it is taken out."
}

variable "slow_start" {
  type        = number
  default     = 0
  description = "Seconds over which a new task gets more and more requests; 0: at once. With balancing round_robin only."

  validation {
    condition     = var.slow_start == 0 || (var.slow_start >= 30 && var.slow_start <= 900 && var.balancing == "round_robin")
    error_message = "slow_start must be 0, or from 30 to 900 with balancing round_robin."
  }
}

variable "balancing" {
  type        = string
  default     = "round_robin"
  description = "How requests are spread: round_robin or least_outstanding_requests."
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
}

# --- Autoscaling ---

variable "autoscaling" {
  type        = bool
  default     = true
  description = "Whether tasks and nodes are scaled."
}

variable "tasks_min" {
  type        = number
  default     = 1
  description = "Fewest tasks."

  validation {
    condition     = var.tasks_min >= 0
    error_message = "tasks_min must be at least 0."
  }
}

variable "tasks_max" {
  type        = number
  default     = 20
  description = "Most tasks."

  validation {
    condition     = var.tasks_max >= var.tasks_min
    error_message = "tasks_max must be at least tasks_min."
  }
}

variable "tasks_cpu_percent" {
  type        = number
  default     = 80
  description = "Percent of the reserved CPU that tasks are held at; null: not tracked."
}

variable "tasks_memory_percent" {
  type        = number
  default     = null
  description = "Percent of the memory that tasks are held at; null: not tracked."
}

variable "tasks_requests_per_minute" {
  type        = number
  default     = null
  description = "Requests a minute that each task is held at; null: not tracked."
}

variable "scale_out_cooldown" {
  type        = number
  default     = 60
  description = "Seconds between two steps out."

  validation {
    condition     = var.scale_out_cooldown >= 0
    error_message = "scale_out_cooldown must be at least 0."
  }
}

variable "scale_in_cooldown" {
  type        = number
  default     = 60
  description = "Seconds between two steps in."

  validation {
    condition     = var.scale_in_cooldown >= 0
    error_message = "scale_in_cooldown must be at least 0."
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
  description = "Other bounds of the tasks from a time on: name to at(...), rate(...) or cron(...) and the bounds."
}

# --- Monitoring ---

variable "monitoring" {
  type        = bool
  default     = true
  description = "Whether dashboard and alarms are made."
}

variable "alarm_errors_per_minute" {
  type        = number
  default     = 5
  description = "Answers with a 5xx status, a minute, above which an alarm goes off: one for the service's, one for the load balancer's own."

  validation {
    condition     = var.alarm_errors_per_minute >= 0
    error_message = "alarm_errors_per_minute must be at least 0."
  }
}

variable "alarm_latency_seconds" {
  type        = number
  default     = 1
  description = "Seconds above which the slowest hundredth of the requests sets the alarm off."

  validation {
    condition     = var.alarm_latency_seconds > 0
    error_message = "alarm_latency_seconds must be above 0."
  }
}

variable "alarm_topic" {
  type        = bool
  default     = false
  description = "Whether an SNS topic is made that the alarms report to."
}

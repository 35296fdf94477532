variable "name" {
  type        = string
  description = "Name of the cluster and prefix of what belongs to it."

  validation {
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9-]{0,31}$", var.name))
    error_message = "name must be 1 to 32 letters, digits and hyphens, beginning with a letter: roles are named by it."
  }
}

variable "vpc_id" {
  type        = string
  description = "VPC of the nodes."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Subnets that nodes are spread over."
}

variable "instance_type" {
  type        = string
  default     = "t3.micro"
  description = "Instance type of the nodes."
}

variable "cpu_credits" {
  type        = string
  default     = "unlimited"
  description = "CPU credits of burstable types (t2, t3, t3a): unlimited (above the baseline each vCPU-hour costs), standard (without credits the node is held to its baseline)."

  validation {
    condition     = contains(["unlimited", "standard"], var.cpu_credits)
    error_message = "cpu_credits must be unlimited or standard."
  }
}

variable "image_family" {
  type        = string
  default     = "amazon-linux-2023"
  description = "Family of the ECS-optimized image: amazon-linux-2023, or amazon-linux-2."

  validation {
    condition     = contains(["amazon-linux-2023", "amazon-linux-2"], var.image_family)
    error_message = "image_family must be amazon-linux-2023 or amazon-linux-2."
  }
}

variable "min_size" {
  type        = number
  default     = 1
  description = "Fewest nodes."

  validation {
    condition     = var.min_size >= 0 && floor(var.min_size) == var.min_size
    error_message = "min_size must be a whole number, not negative."
  }
}

variable "max_size" {
  type        = number
  default     = 10
  description = "Most nodes."

  validation {
    condition     = var.max_size >= 1 && floor(var.max_size) == var.max_size
    error_message = "max_size must be a whole number of at least 1."
  }
}

variable "cooldown" {
  type        = number
  default     = 300
  description = "Seconds for which simple scaling of the node group waits after a change."
}

variable "warmup" {
  type        = number
  default     = 300
  description = "Seconds after which a new node counts for the capacity provider's scaling."
}

variable "capacity_provider" {
  type        = bool
  default     = false
  description = "Whether a capacity provider scales the nodes: by the tasks that want a place, not by CPU."
}

variable "target_capacity" {
  type        = number
  default     = 100
  description = "Percent of the nodes that the capacity provider keeps in use; below 100 leaves room for tasks to come."

  validation {
    condition     = var.target_capacity >= 1 && var.target_capacity <= 100
    error_message = "target_capacity must be from 1 to 100."
  }
}

variable "managed_termination_protection" {
  type        = bool
  default     = true
  description = "Whether nodes that run tasks are protected from scale in. With a capacity provider only."
}

variable "container_insights" {
  type        = bool
  default     = false
  description = "Whether CloudWatch Container Insights are on. They cost per metric."
}

variable "detailed_monitoring" {
  type        = bool
  default     = true
  description = "Whether nodes report their CPU each minute instead of every five: scaling by it is that much faster."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of everything that is made, nodes included."
}

variable "name" {
  type        = string
  description = "Name of the dashboard and prefix of the alarms."
}

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

variable "load_balancer_arn_suffix" {
  type        = string
  description = "The load balancer as metrics name it."
}

variable "target_group_arn_suffix" {
  type        = string
  description = "The target group as metrics name it."
}

variable "errors_per_minute" {
  type        = number
  default     = 5
  description = "Answers with a 5xx status, a minute, above which an alarm goes off: one for the service's, one for the load balancer's own."
}

variable "latency_seconds" {
  type        = number
  default     = 1
  description = "Seconds above which the slowest hundredth of the requests sets the alarm off."
}

variable "alarm_topic" {
  type        = bool
  default     = false
  description = "Whether an SNS topic is made that the alarms report to."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of topic and alarms."
}

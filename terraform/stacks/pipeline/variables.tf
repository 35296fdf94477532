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

variable "name" {
  type        = string
  default     = "http-api"
  description = "Name of the service and its repository, as stacks/http-api has it; the pipeline gets it, too."
}

variable "cluster_name" {
  type        = string
  default     = "container-cluster"
  description = "Name of the cluster, as stacks/http-api has it."
}

variable "connection_arn" {
  type        = string
  description = "Connection to where the source is kept, confirmed by a person in the console."
}

variable "repository" {
  type        = string
  description = "Source repository, as owner/name."
}

variable "branch" {
  type        = string
  default     = "main"
  description = "Branch that is deployed."
}

variable "image_tag" {
  type        = string
  default     = "latest"
  description = "Tag that the service's task definition names."
}

variable "build_commands" {
  type        = list(string)
  default     = ["docker build --file app/Dockerfile --tag \"$IMAGE:$COMMIT\" ."]
  description = "Build the image and name it $IMAGE:$COMMIT."
}

variable "test_commands" {
  type        = list(string)
  default     = []
  description = "Run after the image is built and before it is pushed."
}

variable "compute_type" {
  type        = string
  default     = "BUILD_GENERAL1_MEDIUM"
  description = "Size of the machine that builds."
}

variable "build_timeout" {
  type        = number
  default     = 60
  description = "Minutes after which a build is given up."
}

variable "approval" {
  type        = bool
  default     = false
  description = "Whether a person must agree before each deployment."
}

variable "artifact_days" {
  type        = number
  default     = 30
  description = "Days that sources and artifacts are kept; null: until somebody deletes them."
}

variable "log_retention_days" {
  type        = number
  default     = 30
  description = "Days that the logs of builds are kept."
}

variable "name" {
  type        = string
  description = "Name of the pipeline and prefix of what belongs to it."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,31}$", var.name))
    error_message = "name must be 1 to 32 lower-case letters, digits and hyphens, beginning with a letter: the bucket is named by it."
  }
}

variable "connection_arn" {
  type        = string
  description = "Connection to where the source is kept. A person must have confirmed it in the console: Terraform cannot."

  validation {
    condition     = can(regex("^arn:[a-z-]+:(codestar-connections|codeconnections):[a-z0-9-]+:[0-9]{12}:connection/.+$", var.connection_arn))
    error_message = "connection_arn must be the ARN of a CodeConnections (CodeStar) connection."
  }
}

variable "repository" {
  type        = string
  description = "Source repository, as owner/name."

  validation {
    condition     = can(regex("^[^/ ]+(/[^/ ]+)+$", var.repository))
    error_message = "repository must be owner/name."
  }
}

variable "branch" {
  type        = string
  default     = "main"
  description = "Branch that is deployed: each commit starts the pipeline."
}

variable "repository_url" {
  type        = string
  description = "ECR repository that the image is pushed to."
}

variable "repository_arn" {
  type        = string
  description = "ARN of that repository."
}

variable "image_tag" {
  type        = string
  default     = "latest"
  description = "Tag that the service's task definition names. The image gets it besides the commit's id, so the repository's tags must be mutable."
}

variable "cluster_name" {
  type        = string
  description = "Cluster of the service that is deployed."
}

variable "service_name" {
  type        = string
  description = "Service that is deployed."
}

variable "build_commands" {
  type        = list(string)
  default     = ["docker build --file app/Dockerfile --tag \"$IMAGE:$COMMIT\" ."]
  description = "Build the image and name it $IMAGE:$COMMIT. The default's Dockerfile runs the program's tests first."
}

variable "test_commands" {
  type        = list(string)
  default     = []
  description = "Run before the image is pushed, after it is built; one that fails stops the pipeline."
}

variable "build_image" {
  type        = string
  default     = "aws/codebuild/amazonlinux2-x86_64-standard:5.0"
  description = "Image that the build runs in."
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

  validation {
    condition     = var.build_timeout >= 5 && var.build_timeout <= 480
    error_message = "build_timeout must be from 5 to 480."
  }
}

variable "approval" {
  type        = bool
  default     = false
  description = "Whether a person must agree before each deployment."
}

variable "artifact_days" {
  type        = number
  default     = 30
  description = "Days that sources and artifacts are kept in the bucket; null: until somebody deletes them."

  validation {
    condition     = var.artifact_days == null ? true : var.artifact_days >= 1
    error_message = "artifact_days must be at least 1."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 30
  description = "Days that the logs of builds are kept."
}

variable "force_delete" {
  type        = bool
  default     = true
  description = "Whether destroy deletes the bucket with what is in it."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of everything that is made."
}

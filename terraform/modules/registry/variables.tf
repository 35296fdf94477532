variable "name" {
  type        = string
  description = "Name of the repository."

  validation {
    condition     = can(regex("^[a-z0-9]+(?:[._/-][a-z0-9]+)*$", var.name)) && length(var.name) >= 2 && length(var.name) <= 256
    error_message = "name must be 2 to 256 lower-case letters and digits, joined by . _ - or /."
  }
}

variable "immutable_tags" {
  type        = bool
  default     = false
  description = "Whether a tag, once pushed, can never name another image. Deployments then need a new tag each; a moving tag such as latest is refused."
}

variable "scan_on_push" {
  type        = bool
  default     = true
  description = "Whether images are scanned for known vulnerabilities when they are pushed."
}

variable "force_delete" {
  type        = bool
  default     = true
  description = "Whether destroy deletes the repository with the images in it."
}

variable "kept_images" {
  type        = number
  default     = 30
  description = "How many images are kept; older ones expire."

  validation {
    condition     = var.kept_images >= 1
    error_message = "kept_images must be at least 1."
  }
}

variable "untagged_days" {
  type        = number
  default     = 7
  description = "Days after which an image without a tag expires."

  validation {
    condition     = var.untagged_days >= 1
    error_message = "untagged_days must be at least 1."
  }
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of the repository."
}

# For production: a VPC of its own, nodes in private subnets behind a NAT gateway in each zone, scaled by a capacity provider,
# HTTPS where a certificate is given.
#
# In this order, for a service needs its image:
#   terraform apply -target=module.http_api.module.registry
#   push the image to repository_url, under the tag that image_tag says: v1 (docs/terraform.md says how)
#   terraform apply
# Applied without an image? Its first deployment has failed and starts no more tasks. Push, then begin another:
#   aws ecs update-service --cluster container-cluster --service http-api --force-new-deployment

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80, < 6.0"
    }
  }
}

variable "certificate_arn" {
  type        = string
  default     = null
  description = "Certificate (ACM) of the service's name."
}

variable "image_tag" {
  type        = string
  default     = "v1"
  description = "Tag of the image: a new one for each release, for a tag that was pushed names that image for ever."
}

module "http_api" {
  source = "../../stacks/http-api"

  create_vpc           = true
  zone_count           = 3
  nat_gateways         = "per_zone"
  certificate_arn      = var.certificate_arn
  node_scaling         = "capacity_provider"
  nodes_min            = 3
  tasks_min            = 3
  immutable_image_tags = true
  image_tag            = var.image_tag
  alarm_topic          = true
}

output "repository_url" {
  value = module.http_api.repository_url
}

output "service_url" {
  value = module.http_api.service_url
}

# For production: a VPC of its own, nodes in private subnets behind a NAT gateway in each zone, scaled by a capacity provider,
# HTTPS where a certificate is given.

variable "certificate_arn" {
  type        = string
  default     = null
  description = "Certificate (ACM) of the service's name."
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
  image_tag            = "v1"
  alarm_topic          = true
}

output "service_url" {
  value = module.http_api.service_url
}

# The smallest start: the service in the default VPC, with everything else at its default.
#
# In this order, for a service needs its image:
#   terraform apply -target=module.http_api.module.registry
#   push the image to repository_url, tag latest (docs/terraform.md says how)
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

module "http_api" {
  source = "../../stacks/http-api"
}

output "repository_url" {
  value = module.http_api.repository_url
}

output "service_url" {
  value = module.http_api.service_url
}

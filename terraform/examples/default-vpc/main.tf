# The smallest start: the service in the default VPC, with everything else at its default.

module "http_api" {
  source = "../../stacks/http-api"
}

output "service_url" {
  value = module.http_api.service_url
}

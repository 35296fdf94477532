terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80, < 6.0"
    }
  }
}

# Credentials: AWS's own chain (environment, profile, role), or access_key and secret_key from secrets.tfvars.
# Against a local engine nothing changes here: AWS_ENDPOINT_URL in the environment says where the API is.
provider "aws" {
  region     = var.region
  access_key = var.access_key
  secret_key = var.secret_key

  default_tags {
    tags = merge({ Project = var.name, ManagedBy = "terraform" }, var.tags)
  }
}

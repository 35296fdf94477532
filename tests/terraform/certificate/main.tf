# Certificates and what shows them, and a namespace that a cluster names: what certificate_test.py applies to an engine.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
}

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { Project = "certificate" }
  }
}

variable "imported" {
  type        = object({ body = string, key = string })
  description = "A certificate of the user's own and its key, PEM."
}

variable "names" {
  type        = list(string)
  default     = ["*.example.com"]
  description = "What the certificate is good for besides example.com."
}

variable "ssl_policy" {
  type        = string
  default     = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  description = "TLS versions of the listener."
}

variable "namespace" {
  type        = string
  default     = "apps"
  description = "Namespace of Cloud Map that the cluster names."
}

data "aws_vpc" "default" {
  default = true
}

data "aws_subnets" "default" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
}

resource "aws_acm_certificate" "requested" {
  domain_name               = "example.com"
  subject_alternative_names = var.names
  validation_method         = "DNS"
  key_algorithm             = "RSA_2048"

  lifecycle {
    create_before_destroy = true
  }
}

# On AWS these names would be records of Route 53.
resource "aws_acm_certificate_validation" "requested" {
  certificate_arn         = aws_acm_certificate.requested.arn
  validation_record_fqdns = distinct([for option in aws_acm_certificate.requested.domain_validation_options : option.resource_record_name])
}

resource "aws_acm_certificate" "curve" {
  domain_name       = "curve.example.org"
  validation_method = "EMAIL"
  key_algorithm     = "EC_prime256v1"
}

resource "aws_acm_certificate" "imported" {
  certificate_body = var.imported.body
  private_key      = var.imported.key
}

data "aws_acm_certificate" "requested" {
  domain      = aws_acm_certificate.requested.domain_name
  statuses    = ["ISSUED"]
  most_recent = true
  depends_on  = [aws_acm_certificate_validation.requested]
}

resource "aws_security_group" "clients" {
  name_prefix = "certificate-"

  ingress {
    from_port   = 8443
    to_port     = 8443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_lb" "this" {
  name            = "certificate"
  subnets         = slice(sort(data.aws_subnets.default.ids), 0, 2)
  security_groups = [aws_security_group.clients.id]
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 8443
  protocol          = "HTTPS"
  ssl_policy        = var.ssl_policy
  certificate_arn   = aws_acm_certificate_validation.requested.certificate_arn

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "over TLS"
      status_code  = "200"
    }
  }
}

resource "aws_lb_listener_certificate" "imported" {
  listener_arn    = aws_lb_listener.https.arn
  certificate_arn = aws_acm_certificate.imported.arn
}

resource "aws_service_discovery_http_namespace" "this" {
  name        = var.namespace
  description = "Services of ${var.namespace}"
}

data "aws_service_discovery_http_namespace" "this" {
  name = aws_service_discovery_http_namespace.this.name
}

resource "aws_ecs_cluster" "this" {
  name = "certificate"

  service_connect_defaults {
    namespace = aws_service_discovery_http_namespace.this.arn
  }
}

output "address" {
  value = aws_lb.this.dns_name
}

output "found" {
  # Not the ARN: two certificates of one second are equally recent.
  value = data.aws_acm_certificate.requested.domain == aws_acm_certificate.requested.domain_name && data.aws_service_discovery_http_namespace.this.id == aws_service_discovery_http_namespace.this.id
}

output "authority" {
  value = data.aws_acm_certificate.requested.certificate_chain
}

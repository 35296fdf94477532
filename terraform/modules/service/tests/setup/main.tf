# What a service stands on, without nodes: its tasks never run, so nothing is waited for.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
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

resource "aws_ecs_cluster" "this" {
  name = "tftest-service"
}

resource "aws_security_group" "nodes" {
  name_prefix = "tftest-service-nodes-"
  vpc_id      = data.aws_vpc.default.id
}

resource "aws_acm_certificate" "this" {
  domain_name       = "tftest.example.com"
  validation_method = "DNS"
}

output "cluster_arn" {
  value = aws_ecs_cluster.this.arn
}

output "vpc_id" {
  value = data.aws_vpc.default.id
}

output "subnet_ids" {
  value = slice(sort(data.aws_subnets.default.ids), 0, 2)
}

output "node_security_group_id" {
  value = aws_security_group.nodes.id
}

# On AWS it is issued when its DNS record is there: give one of your own.
output "certificate_arn" {
  value = aws_acm_certificate.this.arn
}

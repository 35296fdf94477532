# A service on Fargate in a network of its own, without a load balancer: what the provider makes of awsvpc and Fargate.

provider "aws" {
  region = "us-east-1"
}

variable "subnets" {
  type    = number
  default = 2
}

variable "assign_public_ip" {
  type    = bool
  default = false
}

variable "cpu" {
  type    = number
  default = 256
}

module "network" {
  source = "../modules/network"

  name       = "fargate"
  create_vpc = true
}

resource "aws_security_group" "tasks" {
  name_prefix = "fargate-"
  vpc_id      = module.network.vpc_id
}

resource "aws_ecs_cluster" "this" {
  name = "fargate"
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

data "aws_caller_identity" "this" {}

resource "aws_iam_role" "execution" {
  name_prefix = "fargate-"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_ecs_task_definition" "this" {
  family                   = "fargate"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = 1024
  execution_role_arn       = aws_iam_role.execution.arn

  container_definitions = jsonencode([{
    name         = "web"
    image        = "${data.aws_caller_identity.this.account_id}.dkr.ecr.us-east-1.amazonaws.com/web:latest"
    essential    = true
    portMappings = [{ containerPort = 8080 }]
  }])
}

locals {
  subnets = slice(module.network.node_subnet_ids, 0, var.subnets)
}

resource "aws_ecs_service" "launched" {
  name                  = "launched"
  cluster               = aws_ecs_cluster.this.arn
  task_definition       = aws_ecs_task_definition.this.arn
  desired_count         = 2
  launch_type           = "FARGATE"
  wait_for_steady_state = true

  network_configuration {
    subnets          = local.subnets
    security_groups  = [aws_security_group.tasks.id]
    assign_public_ip = var.assign_public_ip
  }
}

resource "aws_ecs_service" "by_strategy" {
  name             = "by-strategy"
  cluster          = aws_ecs_cluster_capacity_providers.this.cluster_name
  task_definition  = aws_ecs_task_definition.this.arn
  desired_count    = 1
  platform_version = "1.4.0"

  network_configuration {
    subnets = local.subnets
  }

  capacity_provider_strategy {
    capacity_provider = "FARGATE_SPOT"
    weight            = 1
  }
}

# What is scaled: a service without tasks and a group without nodes.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
}

data "aws_availability_zones" "this" {
  state = "available"
}

data "aws_ssm_parameter" "image" {
  name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
}

resource "aws_ecs_cluster" "this" {
  name = "tftest-autoscaling"
}

resource "aws_ecs_task_definition" "this" {
  family = "tftest-autoscaling"

  container_definitions = jsonencode([{
    name = "web", image = "public.ecr.aws/docker/library/httpd:2.4", essential = true, memory = 64
  }])
}

resource "aws_ecs_service" "this" {
  name            = "tftest-autoscaling"
  cluster         = aws_ecs_cluster.this.arn
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = 0
}

resource "aws_launch_template" "this" {
  name_prefix   = "tftest-autoscaling-"
  image_id      = data.aws_ssm_parameter.image.insecure_value
  instance_type = "t3.micro"

  metadata_options {
    http_tokens = "required"
  }
}

resource "aws_autoscaling_group" "this" {
  name_prefix        = "tftest-autoscaling-"
  availability_zones = [data.aws_availability_zones.this.names[0]]
  min_size           = 0
  max_size           = 1

  launch_template {
    id      = aws_launch_template.this.id
    version = "$Latest"
  }

  tag {
    key                 = "Name"
    value               = "tftest-autoscaling"
    propagate_at_launch = true
  }
}

output "cluster_name" {
  value = aws_ecs_cluster.this.name
}

output "service_name" {
  value = aws_ecs_service.this.name
}

output "node_group_name" {
  value = aws_autoscaling_group.this.name
}

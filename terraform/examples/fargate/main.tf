# The service on Fargate: no nodes to keep, each task with an address and a security group of its own, scaled by its CPU.
#
# In this order, for a service needs its image and the apply waits until it runs:
#   terraform apply -target=module.registry
#   push the image to repository_url, tag latest (docs/terraform.md says how)
#   terraform apply
# Applied without an image? The apply waits for its tasks in vain. Push, then apply again.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80, < 6.0"
    }
  }
}

variable "name" {
  type        = string
  default     = "http-api"
  description = "Name of the service and of what belongs to it."

  # A repository's name has two characters at least, a load balancer's 32 at most.
  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) >= 2 && length(var.name) <= 24 && !startswith(var.name, "internal-")
    error_message = "name must be 2 to 24 lower-case letters and digits, joined by single hyphens, and begin with a letter, not with internal-."
  }
}

variable "image_tag" {
  type        = string
  default     = "latest"
  description = "Tag of the image in the repository that is made."
}

variable "tasks_max" {
  type        = number
  default     = 10
  description = "Most tasks that autoscaling may run."
}

data "aws_region" "this" {}

module "network" {
  source = "../../modules/network"

  name = var.name
}

module "registry" {
  source = "../../modules/registry"

  name = var.name
}

resource "aws_ecs_cluster" "this" {
  name = "${var.name}-fargate"
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}-fargate"
  retention_in_days = 14
}

# --- roles ---

data "aws_iam_policy_document" "tasks" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "execution" {
  name_prefix        = "${var.name}-execution-"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

# --- who reaches whom: clients the load balancer, it the tasks, they everything (images come from outside) ---

resource "aws_security_group" "balancer" {
  name_prefix = "${var.name}-lb-"
  description = "Load balancer of ${var.name}"
  vpc_id      = module.network.vpc_id
}

resource "aws_security_group" "tasks" {
  name_prefix = "${var.name}-tasks-"
  description = "Tasks of ${var.name}"
  vpc_id      = module.network.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  security_group_id = aws_security_group.balancer.id
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "to_tasks" {
  security_group_id            = aws_security_group.balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.tasks.id
}

resource "aws_vpc_security_group_ingress_rule" "from_balancer" {
  security_group_id            = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.balancer.id
}

resource "aws_vpc_security_group_egress_rule" "out" {
  security_group_id = aws_security_group.tasks.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

# --- the load balancer; its targets are addresses ---

resource "aws_lb" "this" {
  name               = "${var.name}-fargate"
  load_balancer_type = "application"
  subnets            = module.network.public_subnet_ids
  security_groups    = [aws_security_group.balancer.id]
}

resource "aws_lb_target_group" "this" {
  name                 = "${var.name}-fargate"
  port                 = 8080
  protocol             = "HTTP"
  vpc_id               = module.network.vpc_id
  target_type          = "ip"
  deregistration_delay = 30

  health_check {
    path     = "/api"
    interval = 10
  }
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

# --- the service ---

resource "aws_ecs_task_definition" "this" {
  family                   = "${var.name}-fargate"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  container_definitions = jsonencode([{
    name         = var.name
    image        = "${module.registry.repository_url}:${var.image_tag}"
    essential    = true
    portMappings = [{ containerPort = 8080 }]

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.this.name
        awslogs-stream-prefix = var.name
      }
    }
  }])
}

resource "aws_ecs_service" "this" {
  name                  = var.name
  cluster               = aws_ecs_cluster.this.arn
  task_definition       = aws_ecs_task_definition.this.arn
  launch_type           = "FARGATE"
  desired_count         = 2
  wait_for_steady_state = true

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets         = module.network.public_subnet_ids
    security_groups = [aws_security_group.tasks.id]
    # Tasks in public subnets have no other way to their image.
    assign_public_ip = true
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = var.name
    container_port   = 8080
  }

  # How many tasks there are is decided by autoscaling.
  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [aws_lb_listener.this, aws_iam_role_policy_attachment.execution]
}

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.this.name}"
  min_capacity       = 2
  max_capacity       = var.tasks_max
}

resource "aws_appautoscaling_policy" "cpu" {
  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_out_cooldown = 60
    scale_in_cooldown  = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

output "repository_url" {
  value       = module.registry.repository_url
  description = "What images are pushed to."
}

output "service_url" {
  value       = "http://${aws_lb.this.dns_name}"
  description = "Where the service answers."
}

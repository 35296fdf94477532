# A load-balanced ECS service on EC2 nodes: task definition, service, load balancer, and the roles and openings they need.

data "aws_region" "this" {}

locals {
  image = var.image
  https = var.certificate_arn != null

  container = {
    name              = var.name
    image             = local.image
    essential         = true
    cpu               = var.cpu
    memory            = var.memory
    memoryReservation = var.memory_reservation
    environment       = [for name in sort(keys(var.environment)) : { name = name, value = var.environment[name] }]
    secrets           = [for name in sort(keys(var.secrets)) : { name = name, valueFrom = var.secrets[name] }]
    mountPoints       = []
    volumesFrom       = []
    systemControls    = []
    stopTimeout       = var.stop_timeout

    # Port 0 on the host: any free one, so that one node can run several tasks.
    portMappings = [{ containerPort = var.container_port, hostPort = 0, protocol = "tcp" }]

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.this.name
        awslogs-stream-prefix = var.name
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.cluster_name}/${var.name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["EC2"]
  network_mode             = "bridge"
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions    = jsonencode([{ for key, value in local.container : key => value if value != null }])
  tags                     = var.tags
}

resource "aws_ecs_service" "this" {
  name                               = var.name
  cluster                            = var.cluster_arn
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = var.desired_count
  launch_type                        = var.capacity_provider_name == null ? "EC2" : null
  deployment_minimum_healthy_percent = var.deployment_minimum_healthy_percent
  deployment_maximum_percent         = var.deployment_maximum_percent
  health_check_grace_period_seconds  = var.health_check_grace_period
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"
  wait_for_steady_state              = var.wait_for_steady_state
  tags                               = var.tags

  dynamic "capacity_provider_strategy" {
    for_each = var.capacity_provider_name == null ? [] : [var.capacity_provider_name]

    content {
      capacity_provider = capacity_provider_strategy.value
      base              = 0
      weight            = 1
    }
  }

  deployment_circuit_breaker {
    enable   = var.circuit_breaker
    rollback = var.circuit_breaker
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = var.name
    container_port   = var.container_port
  }

  # First over the zones, so that losing one loses as few tasks as may be; then as strategy says.
  ordered_placement_strategy {
    type  = "spread"
    field = "attribute:ecs.availability-zone"
  }

  ordered_placement_strategy {
    type  = var.placement == "binpack" ? "binpack" : "spread"
    field = var.placement == "binpack" ? "memory" : "instanceId"
  }

  # How many tasks there are is decided by autoscaling.
  lifecycle {
    ignore_changes = [desired_count]
  }

  # A service whose target group no listener uses is refused; tasks that start before their permissions fail.
  depends_on = [aws_lb_listener.http, aws_lb_listener.https, aws_iam_role_policy_attachment.execution]
}

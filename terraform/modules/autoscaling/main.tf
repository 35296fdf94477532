# Both layers: tasks follow the load, nodes follow the tasks.

# --- tasks ---

resource "aws_appautoscaling_target" "service" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${var.cluster_name}/${var.service_name}"
  min_capacity       = var.tasks.min
  max_capacity       = var.tasks.max
}

locals {
  predefined = {
    cpu      = { metric = "ECSServiceAverageCPUUtilization", target = var.tasks.cpu_percent, label = null }
    memory   = { metric = "ECSServiceAverageMemoryUtilization", target = var.tasks.memory_percent, label = null }
    requests = { metric = "ALBRequestCountPerTarget", target = var.tasks.requests_per_minute, label = var.request_label }
  }

  tracked = toset([for name, one in local.predefined : name if one.target != null])
}

# Each asks for so many tasks; the most wins. Scaling in waits until all agree.
resource "aws_appautoscaling_policy" "service" {
  for_each = local.tracked

  name               = "${var.service_name}-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.service.service_namespace
  scalable_dimension = aws_appautoscaling_target.service.scalable_dimension
  resource_id        = aws_appautoscaling_target.service.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = local.predefined[each.key].target
    scale_out_cooldown = var.tasks.scale_out_cooldown
    scale_in_cooldown  = var.tasks.scale_in_cooldown

    predefined_metric_specification {
      predefined_metric_type = local.predefined[each.key].metric
      resource_label         = local.predefined[each.key].label
    }
  }
}

resource "aws_appautoscaling_scheduled_action" "service" {
  for_each = var.schedules

  name               = "${var.service_name}-${each.key}"
  service_namespace  = aws_appautoscaling_target.service.service_namespace
  scalable_dimension = aws_appautoscaling_target.service.scalable_dimension
  resource_id        = aws_appautoscaling_target.service.resource_id
  schedule           = each.value.schedule
  timezone           = each.value.timezone

  scalable_target_action {
    min_capacity = each.value.min
    max_capacity = each.value.max
  }
}

# --- nodes ---

# By the CPU of the nodes. The target is low on purpose: a node takes minutes to boot and a task seconds, so there must be
# room for tasks before the tasks need it. Null where a capacity provider scales the nodes: two judges would disagree.
resource "aws_autoscaling_policy" "nodes" {
  count = var.nodes_cpu_percent == null ? 0 : 1

  name                      = "${var.cluster_name}-nodes-cpu"
  autoscaling_group_name    = var.node_group_name
  policy_type               = "TargetTrackingScaling"
  estimated_instance_warmup = var.nodes_warmup

  target_tracking_configuration {
    target_value = var.nodes_cpu_percent

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

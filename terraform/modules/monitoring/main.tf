# A dashboard of what scaling looks at, and alarms for what a person should know.

data "aws_region" "this" {}

locals {
  balancer = var.load_balancer_arn_suffix
  group    = var.target_group_arn_suffix
  actions  = var.alarm_topic ? [aws_sns_topic.alarms[0].arn] : []

  alarms = {
    errors = {
      description = "The service answers with errors"
      namespace   = "AWS/ApplicationELB"
      metric      = "HTTPCode_Target_5XX_Count"
      statistic   = "Sum"
      extended    = null
      threshold   = var.errors_per_minute
      dimensions  = { LoadBalancer = local.balancer, TargetGroup = local.group }
    }
    unserved = {
      description = "The load balancer itself answers with errors: no task does"
      namespace   = "AWS/ApplicationELB"
      metric      = "HTTPCode_ELB_5XX_Count"
      statistic   = "Sum"
      extended    = null
      threshold   = var.errors_per_minute
      dimensions  = { LoadBalancer = local.balancer }
    }
    unhealthy = {
      description = "Tasks fail their health checks"
      namespace   = "AWS/ApplicationELB"
      metric      = "UnHealthyHostCount"
      statistic   = "Maximum"
      extended    = null
      threshold   = 0
      dimensions  = { LoadBalancer = local.balancer, TargetGroup = local.group }
    }
    latency = {
      description = "One request in a hundred is slow"
      namespace   = "AWS/ApplicationELB"
      metric      = "TargetResponseTime"
      statistic   = null
      extended    = "p99"
      threshold   = var.latency_seconds
      dimensions  = { LoadBalancer = local.balancer, TargetGroup = local.group }
    }
  }

}

resource "aws_sns_topic" "alarms" {
  count = var.alarm_topic ? 1 : 0

  name = "${var.name}-alarms"
  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  extended_statistic  = each.value.extended
  dimensions          = each.value.dimensions
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching" # no requests, no trouble
  alarm_actions       = local.actions
  ok_actions          = local.actions
  tags                = var.tags
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [
      {
        type = "metric", x = 0, y = 0, width = 12, height = 6
        properties = {
          title  = "CPU and memory of the service, % of what it reserves"
          region = data.aws_region.this.name
          view   = "timeSeries"
          period = 60
          metrics = [
            ["AWS/ECS", "CPUUtilization", "ClusterName", var.cluster_name, "ServiceName", var.service_name],
            ["AWS/ECS", "MemoryUtilization", "ClusterName", var.cluster_name, "ServiceName", var.service_name],
          ]
        }
      },
      {
        type = "metric", x = 12, y = 0, width = 12, height = 6
        properties = {
          title  = "CPU of the nodes, %"
          region = data.aws_region.this.name
          view   = "timeSeries"
          period = 60
          metrics = [
            ["AWS/EC2", "CPUUtilization", "AutoScalingGroupName", var.node_group_name],
          ]
        }
      },
      {
        type = "metric", x = 0, y = 6, width = 12, height = 6
        properties = {
          title  = "Requests a minute, and answers that were errors"
          region = data.aws_region.this.name
          view   = "timeSeries"
          period = 60
          stat   = "Sum"
          metrics = [
            ["AWS/ApplicationELB", "RequestCount", "LoadBalancer", local.balancer],
            ["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "LoadBalancer", local.balancer],
            ["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "LoadBalancer", local.balancer],
          ]
        }
      },
      {
        type = "metric", x = 12, y = 6, width = 12, height = 6
        properties = {
          title  = "Seconds to an answer"
          region = data.aws_region.this.name
          view   = "timeSeries"
          period = 60
          metrics = [
            ["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", local.balancer, { stat = "p50" }],
            ["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", local.balancer, { stat = "p99" }],
          ]
        }
      },
    ]
  })
}

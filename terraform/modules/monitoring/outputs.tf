output "dashboard_name" {
  value       = aws_cloudwatch_dashboard.this.dashboard_name
  description = "Name of the dashboard."
}

output "alarm_names" {
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name])
  description = "Names of the alarms."
}

output "alarm_topic_arn" {
  value       = var.alarm_topic ? aws_sns_topic.alarms[0].arn : null
  description = "Topic that the alarms report to; null without one."
}

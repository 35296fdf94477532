output "name" {
  value       = aws_ecs_service.this.name
  description = "Name of the service."
}

output "url" {
  value = format("%s://%s%s", local.https ? "https" : "http", aws_lb.this.dns_name,
  local.https ? (var.https_port == 443 ? "" : ":${var.https_port}") : (var.http_port == 80 ? "" : ":${var.http_port}"))
  description = "Where the service answers."
}

output "task_definition_arn" {
  value       = aws_ecs_task_definition.this.arn
  description = "The revision that is deployed."
}

output "log_group_name" {
  value       = aws_cloudwatch_log_group.this.name
  description = "Log group of the tasks."
}

output "http_listener_arn" {
  value       = aws_lb_listener.http.arn
  description = "The HTTP listener, to add rules to."
}

output "load_balancer_arn_suffix" {
  value       = aws_lb.this.arn_suffix
  description = "The load balancer as metrics name it."
}

output "target_group_arn_suffix" {
  value       = aws_lb_target_group.this.arn_suffix
  description = "The target group as metrics name it."
}

output "execution_role_arn" {
  value       = aws_iam_role.execution.arn
  description = "Role that starts tasks; a pipeline must be allowed to pass it on."
}

output "task_role_arn" {
  value       = aws_iam_role.task.arn
  description = "Role of the tasks; a pipeline must be allowed to pass it on."
}

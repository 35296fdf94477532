output "scalable_target" {
  value       = aws_appautoscaling_target.service.resource_id
  description = "What Application Auto Scaling scales."
}

output "policy_names" {
  value       = sort([for policy in aws_appautoscaling_policy.service : policy.name])
  description = "The service's scaling policies."
}

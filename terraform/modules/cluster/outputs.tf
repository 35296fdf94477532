output "name" {
  value       = aws_ecs_cluster.this.name
  description = "Name of the cluster."
}

output "arn" {
  value       = aws_ecs_cluster.this.arn
  description = "ARN of the cluster."
}

output "node_group_name" {
  value       = aws_autoscaling_group.node.name
  description = "Name of the Auto Scaling group of the nodes."
}

output "node_security_group_id" {
  value       = aws_security_group.node.id
  description = "Security group of the nodes; services open it for their balancers."
}

output "node_role_arn" {
  value       = aws_iam_role.node.arn
  description = "Role of the nodes."
}

output "capacity_provider_name" {
  value       = var.capacity_provider ? one(aws_ecs_cluster_capacity_providers.this.capacity_providers) : null
  description = "Name of the capacity provider that places tasks; null where it only drains nodes."
}

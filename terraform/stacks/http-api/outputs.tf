output "service_url" {
  value       = module.service.url
  description = "Where the service answers; the sample's path is /api."
}

output "repository_url" {
  value       = module.registry.repository_url
  description = "What images are pushed to."
}

output "repository_name" {
  value       = module.registry.repository_name
  description = "The repository, as scaleout push and the aws CLI name it."
}

output "cluster_name" {
  value       = module.cluster.name
  description = "The cluster, as scaleout and the aws CLI name it."
}

output "service_name" {
  value       = module.service.name
  description = "The service, as scaleout and the aws CLI name it."
}

output "node_group_name" {
  value       = module.cluster.node_group_name
  description = "The Auto Scaling group of the nodes."
}

output "log_group_name" {
  value       = module.service.log_group_name
  description = "The log group of the tasks."
}

output "task_definition_arn" {
  value       = module.service.task_definition_arn
  description = "The revision that is deployed."
}

output "dashboard_name" {
  value       = one(module.monitoring[*].dashboard_name)
  description = "The dashboard; null without monitoring."
}

output "alarm_topic_arn" {
  value       = one(module.monitoring[*].alarm_topic_arn)
  description = "The topic that alarms report to; null without one."
}

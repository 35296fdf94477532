# An HTTP service that scales itself: a repository for its image, a cluster of EC2 nodes, the service behind its load
# balancer, and autoscaling of both.

module "network" {
  source = "../../modules/network"

  name          = var.name
  create_vpc    = var.create_vpc
  cidr          = var.vpc_cidr
  zone_count    = var.zone_count
  instance_type = var.instance_type
  nat_gateways  = var.nat_gateways
}

module "registry" {
  source = "../../modules/registry"

  name           = var.name
  immutable_tags = var.immutable_image_tags
  scan_on_push   = var.scan_on_push
  kept_images    = var.kept_images
}

module "cluster" {
  source = "../../modules/cluster"

  name                = var.cluster_name
  vpc_id              = module.network.vpc_id
  subnet_ids          = module.network.node_subnet_ids
  instance_type       = var.instance_type
  cpu_credits         = var.cpu_credits
  image_family        = var.image_family
  min_size            = var.nodes_min
  max_size            = var.nodes_max
  cooldown            = var.nodes_cooldown
  warmup              = var.nodes_warmup
  capacity_provider   = var.node_scaling == "capacity_provider"
  target_capacity     = var.target_capacity
  container_insights  = var.container_insights
  detailed_monitoring = var.detailed_monitoring
  tags                = local.propagated_tags
}

module "service" {
  source = "../../modules/service"

  name                   = var.name
  cluster_name           = module.cluster.name
  cluster_arn            = module.cluster.arn
  capacity_provider_name = module.cluster.capacity_provider_name
  vpc_id                 = module.network.vpc_id
  node_security_group_id = module.cluster.node_security_group_id

  image              = var.image == null ? "${module.registry.repository_url}:${var.image_tag}" : var.image
  container_port     = var.container_port
  cpu                = var.task_cpu
  memory             = var.task_memory
  memory_reservation = var.task_memory_reservation
  environment        = var.environment
  secrets            = var.secrets

  desired_count                      = var.tasks_desired
  deployment_minimum_healthy_percent = var.deployment_minimum_healthy_percent
  deployment_maximum_percent         = var.deployment_maximum_percent
  circuit_breaker                    = var.circuit_breaker
  placement                          = var.placement
  health_check_grace_period          = var.health_check_grace_period
  wait_for_steady_state              = var.wait_for_steady_state

  load_balancer_name       = var.load_balancer_name
  load_balancer_subnet_ids = var.internal ? module.network.node_subnet_ids : module.network.public_subnet_ids
  internal                 = var.internal
  client_cidrs             = var.client_cidrs
  http_port                = var.http_port
  certificate_arn          = var.certificate_arn
  idle_timeout             = var.idle_timeout
  health_check             = var.health_check
  deregistration_delay     = var.deregistration_delay
  slow_start               = var.slow_start
  balancing                = var.balancing
  log_retention_days       = var.log_retention_days
}

module "autoscaling" {
  source = "../../modules/autoscaling"
  count  = var.autoscaling ? 1 : 0

  cluster_name      = module.cluster.name
  service_name      = module.service.name
  node_group_name   = module.cluster.node_group_name
  request_label     = "${module.service.load_balancer_arn_suffix}/${module.service.target_group_arn_suffix}"
  schedules         = var.schedules
  nodes_cpu_percent = var.node_scaling == "cpu" ? var.nodes_cpu_percent : null
  nodes_warmup      = var.nodes_warmup

  tasks = {
    min                 = var.tasks_min
    max                 = var.tasks_max
    cpu_percent         = var.tasks_cpu_percent
    memory_percent      = var.tasks_memory_percent
    requests_per_minute = var.tasks_requests_per_minute
    scale_out_cooldown  = var.scale_out_cooldown
    scale_in_cooldown   = var.scale_in_cooldown
  }
}

module "monitoring" {
  source = "../../modules/monitoring"
  count  = var.monitoring ? 1 : 0

  name                     = var.name
  cluster_name             = module.cluster.name
  service_name             = module.service.name
  node_group_name          = module.cluster.node_group_name
  load_balancer_arn_suffix = module.service.load_balancer_arn_suffix
  target_group_arn_suffix  = module.service.target_group_arn_suffix
  errors_per_minute        = var.alarm_errors_per_minute
  latency_seconds          = var.alarm_latency_seconds
  alarm_topic              = var.alarm_topic
}

locals {
  # Nodes are made by their group, which the provider's default tags do not reach.
  propagated_tags = merge({ Project = var.name, ManagedBy = "terraform" }, var.tags)
}

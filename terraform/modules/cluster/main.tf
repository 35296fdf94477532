# An ECS cluster and the group of EC2 nodes that its tasks run on.

resource "aws_ecs_cluster" "this" {
  name = var.name
  tags = var.tags

  setting {
    name  = "containerInsights"
    value = var.container_insights ? "enabled" : "disabled"
  }
}

# The newest ECS-optimized image. A new one changes the launch template, and nodes that start from then on.
data "aws_ssm_parameter" "image" {
  name = "/aws/service/ecs/optimized-ami/${var.image_family}/recommended/image_id"
}

resource "aws_security_group" "node" {
  name_prefix = "${var.name}-node-"
  description = "Nodes of the ECS cluster ${var.name}"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-node" })

  lifecycle {
    create_before_destroy = true
  }
}

# Out to ECS, ECR and the log service. What may come in is opened by each service, for its balancer.
resource "aws_vpc_security_group_egress_rule" "node" {
  security_group_id = aws_security_group.node.id
  description       = "To AWS and the internet"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
  tags              = var.tags
}

resource "aws_launch_template" "node" {
  name_prefix            = "${var.name}-"
  description            = "Nodes of the ECS cluster ${var.name}"
  image_id               = data.aws_ssm_parameter.image.insecure_value
  instance_type          = var.instance_type
  update_default_version = true
  tags                   = var.tags

  vpc_security_group_ids = [aws_security_group.node.id]

  iam_instance_profile {
    arn = aws_iam_instance_profile.node.arn
  }

  # Version 2 only: a request that a task is talked into making cannot read the node's credentials. One hop: containers in
  # bridge mode are two away, so tasks have their own role and not the node's; the agent runs in the node's own network.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  dynamic "credit_specification" {
    for_each = can(regex("^t[2-9]", var.instance_type)) ? [var.cpu_credits] : []

    content {
      cpu_credits = credit_specification.value
    }
  }

  monitoring {
    enabled = var.detailed_monitoring
  }

  user_data = base64encode(<<-EOT
    #!/bin/bash
    cat >> /etc/ecs/ecs.config <<'CONFIG'
    ECS_CLUSTER=${aws_ecs_cluster.this.name}
    ECS_ENABLE_SPOT_INSTANCE_DRAINING=true
    CONFIG
  EOT
  )

  tag_specifications {
    resource_type = "instance"
    tags          = merge(var.tags, { Name = "${var.name}-node" })
  }
}

resource "aws_autoscaling_group" "node" {
  name_prefix           = "${var.name}-"
  min_size              = var.min_size
  max_size              = var.max_size
  vpc_zone_identifier   = var.subnet_ids
  health_check_type     = "EC2"
  default_cooldown      = var.cooldown
  protect_from_scale_in = local.termination_protection

  # Terraform would wait for exactly as many nodes as it last saw; autoscaling may have decided otherwise meanwhile.
  wait_for_capacity_timeout = "0"

  launch_template {
    id      = aws_launch_template.node.id
    version = aws_launch_template.node.latest_version
  }

  # ECS marks the groups of its capacity providers so; without it here the mark would be a difference in each plan.
  dynamic "tag" {
    for_each = merge(var.tags, { Name = "${var.name}-node", AmazonECSManaged = "true" })

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  # How many nodes there are is decided by autoscaling, between min_size and max_size. Not created before it is destroyed: the
  # cluster would have to be too, whose name is AWS's key. A new cluster of a name that exists is the old one, and then goes.
  lifecycle {
    ignore_changes = [desired_capacity]
  }

  # A node that starts before it may join does not join.
  depends_on = [aws_iam_role_policy_attachment.node, aws_vpc_security_group_egress_rule.node]
}

locals {
  termination_protection = var.capacity_provider && var.managed_termination_protection

  # AWS refuses providers whose names begin with aws, ecs or fargate; clusters may be called so.
  provider_prefix = can(regex("^(aws|ecs|fargate)", lower(var.name))) ? "cp-" : ""
}

# In every mode: ECS drains nodes before they go only where their group has a provider, whoever decides that they go.
resource "aws_ecs_capacity_provider" "this" {
  name = "${local.provider_prefix}${var.name}-nodes"
  tags = var.tags

  auto_scaling_group_provider {
    auto_scaling_group_arn         = aws_autoscaling_group.node.arn
    managed_draining               = "ENABLED"
    managed_termination_protection = local.termination_protection ? "ENABLED" : "DISABLED"

    managed_scaling {
      status                    = var.capacity_provider ? "ENABLED" : "DISABLED"
      target_capacity           = var.target_capacity
      minimum_scaling_step_size = 1
      maximum_scaling_step_size = var.max_size
      instance_warmup_period    = var.warmup
    }
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = [aws_ecs_capacity_provider.this.name]

  dynamic "default_capacity_provider_strategy" {
    for_each = var.capacity_provider ? [aws_ecs_capacity_provider.this.name] : []

    content {
      capacity_provider = default_capacity_provider_strategy.value
      base              = 0
      weight            = 1
    }
  }
}

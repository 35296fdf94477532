# `terraform test` in this folder: plans only, nothing is made.

provider "aws" {
  region = "us-east-1"
}

variables {
  name       = "tftest-cluster"
  vpc_id     = "vpc-0123456789abcdef0"
  subnet_ids = ["subnet-0123456789abcdef0"]
}

run "nodes_answer_only_version_2_of_the_metadata_service" {
  command = plan

  assert {
    condition     = aws_launch_template.node.metadata_options[0].http_tokens == "required"
    error_message = "a task could read the node's credentials with one request"
  }

  assert {
    condition     = aws_launch_template.node.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "a task in bridge mode could take the node's role"
  }
}

run "nodes_are_drained_whoever_scales_them" {
  command = plan

  assert {
    condition = (aws_ecs_capacity_provider.this.auto_scaling_group_provider[0].managed_draining == "ENABLED"
    && aws_ecs_capacity_provider.this.auto_scaling_group_provider[0].managed_scaling[0].status == "DISABLED")
    error_message = "nodes would go with their tasks, or two would decide how many there are"
  }

  assert {
    condition     = contains(aws_autoscaling_group.node.tag[*].key, "AmazonECSManaged")
    error_message = "ECS's mark on the group would be a difference in each plan"
  }

  assert {
    condition     = length(aws_ecs_cluster_capacity_providers.this.default_capacity_provider_strategy) == 0 && output.capacity_provider_name == null
    error_message = "a provider that does not scale would place tasks"
  }

  assert {
    condition     = !aws_autoscaling_group.node.protect_from_scale_in
    error_message = "without managed scaling nobody takes the protection of nodes away again"
  }
}

run "a_capacity_provider_protects_nodes_that_run_tasks" {
  command = plan

  variables {
    capacity_provider = true
    target_capacity   = 80
  }

  assert {
    condition     = aws_autoscaling_group.node.protect_from_scale_in && aws_ecs_capacity_provider.this.auto_scaling_group_provider[0].managed_termination_protection == "ENABLED"
    error_message = "managed termination protection needs protected nodes"
  }

  assert {
    condition     = aws_ecs_capacity_provider.this.auto_scaling_group_provider[0].managed_scaling[0].status == "ENABLED" && length(aws_ecs_cluster_capacity_providers.this.default_capacity_provider_strategy) == 1
    error_message = "the provider neither scales nor places"
  }
}

run "a_cluster_may_be_called_as_a_provider_may_not" {
  command = plan

  variables {
    name = "ECS-demo"
  }

  assert {
    condition     = aws_ecs_capacity_provider.this.name == "cp-ECS-demo-nodes"
    error_message = "AWS refuses providers whose names begin with aws, ecs or fargate"
  }
}

run "burstable_nodes_may_go_above_their_baseline" {
  command = plan

  variables {
    instance_type = "t2.micro"
  }

  assert {
    condition     = aws_launch_template.node.credit_specification[0].cpu_credits == "unlimited"
    error_message = "T2 starts with standard credits: held to its baseline it never reaches what brings more nodes"
  }
}

run "other_nodes_have_no_credits" {
  command = plan

  variables {
    instance_type = "m5.large"
  }

  assert {
    condition     = length(aws_launch_template.node.credit_specification) == 0
    error_message = "AWS refuses credits of types that are not burstable"
  }
}

run "refuses_credits_that_are_none" {
  command = plan

  variables {
    cpu_credits = "plenty"
  }

  expect_failures = [var.cpu_credits]
}

run "refuses_an_image_family_that_is_not_ecs_optimized" {
  command = plan

  variables {
    image_family = "ubuntu"
  }

  expect_failures = [var.image_family]
}

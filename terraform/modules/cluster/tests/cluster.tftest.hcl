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
    condition     = length(aws_ecs_capacity_provider.this) == 0 && !aws_autoscaling_group.node.protect_from_scale_in
    error_message = "without a capacity provider nobody takes the protection of nodes away again"
  }
}

run "a_capacity_provider_protects_nodes_that_run_tasks" {
  command = plan

  variables {
    capacity_provider = true
    target_capacity   = 80
  }

  assert {
    condition     = aws_autoscaling_group.node.protect_from_scale_in && aws_ecs_capacity_provider.this[0].auto_scaling_group_provider[0].managed_termination_protection == "ENABLED"
    error_message = "managed termination protection needs protected nodes"
  }
}

run "refuses_an_image_family_that_is_not_ecs_optimized" {
  command = plan

  variables {
    image_family = "ubuntu"
  }

  expect_failures = [var.image_family]
}

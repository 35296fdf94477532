# `terraform test` in this folder, against AWS or a local engine (AWS_ENDPOINT_URL). Nothing runs, so it costs nothing.

provider "aws" {
  region = "us-east-1"
}

run "setup" {
  module {
    source = "./tests/setup"
  }
}

run "both_layers" {
  variables {
    cluster_name    = run.setup.cluster_name
    service_name    = run.setup.service_name
    node_group_name = run.setup.node_group_name
  }

  assert {
    condition     = output.scalable_target == "service/tftest-autoscaling/tftest-autoscaling" && join(" ", output.policy_names) == "tftest-autoscaling-cpu"
    error_message = "tasks follow CPU and nothing else unless told so"
  }

  assert {
    condition     = aws_appautoscaling_policy.service["cpu"].target_tracking_scaling_policy_configuration[0].target_value == 80 && aws_autoscaling_policy.nodes[0].target_tracking_configuration[0].target_value == 30
    error_message = "the targets are 80 for tasks and 30 for nodes"
  }
}

run "everything_that_can_be_tracked" {
  variables {
    cluster_name      = run.setup.cluster_name
    service_name      = run.setup.service_name
    node_group_name   = run.setup.node_group_name
    nodes_cpu_percent = null
    tasks             = { min = 2, max = 9, cpu_percent = 60, memory_percent = 70 }
    schedules         = { night = { schedule = "cron(0 22 * * ? *)", min = 1, max = 2 } }
  }

  assert {
    condition     = join(" ", output.policy_names) == "tftest-autoscaling-cpu tftest-autoscaling-memory" && length(aws_autoscaling_policy.nodes) == 0
    error_message = "a target that is null is tracked, or one that is given is not"
  }

  assert {
    condition     = aws_appautoscaling_target.service.min_capacity == 2 && aws_appautoscaling_scheduled_action.service["night"].timezone == "UTC"
    error_message = "bounds or schedules are not as given"
  }
}

run "refuses_bounds_that_cross" {
  command = plan

  variables {
    cluster_name    = run.setup.cluster_name
    service_name    = run.setup.service_name
    node_group_name = run.setup.node_group_name
    tasks           = { min = 5, max = 4 }
  }

  expect_failures = [var.tasks]
}

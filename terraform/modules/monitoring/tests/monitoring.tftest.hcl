# `terraform test` in this folder, against AWS or a local engine (AWS_ENDPOINT_URL). What it names need not exist.

provider "aws" {
  region = "us-east-1"
}

variables {
  name                     = "tftest-monitoring"
  cluster_name             = "tftest"
  service_name             = "tftest"
  node_group_name          = "tftest"
  load_balancer_arn_suffix = "app/tftest/0123456789abcdef"
  target_group_arn_suffix  = "targetgroup/tftest/0123456789abcdef"
}

run "alarms_without_a_topic_tell_nobody" {
  assert {
    condition     = join(" ", output.alarm_names) == "tftest-monitoring-errors tftest-monitoring-latency tftest-monitoring-unhealthy tftest-monitoring-unserved" && output.alarm_topic_arn == null
    error_message = "the alarms are not the four that are documented"
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : try(length(alarm.alarm_actions), 0) == 0])
    error_message = "an alarm has an action though there is no topic"
  }
}

run "an_outage_without_any_task_is_noticed" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["unserved"].metric_name == "HTTPCode_ELB_5XX_Count" && join(" ", keys(aws_cloudwatch_metric_alarm.this["unserved"].dimensions)) == "LoadBalancer"
    error_message = "what the load balancer answers itself is counted for it, not for a target group"
  }
}

run "a_topic_hears_of_alarms_and_of_their_end" {
  variables {
    alarm_topic     = true
    latency_seconds = 3
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == alarm.ok_actions && contains(alarm.alarm_actions, output.alarm_topic_arn)])
    error_message = "an alarm does not report to the topic"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["latency"].threshold == 3 && aws_cloudwatch_metric_alarm.this["latency"].extended_statistic == "p99"
    error_message = "the latency alarm is not of the slowest hundredth"
  }
}

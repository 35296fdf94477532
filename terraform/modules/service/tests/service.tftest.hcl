# `terraform test` in this folder, against a local engine (AWS_ENDPOINT_URL). On AWS the HTTPS run needs a certificate that is issued.

provider "aws" {
  region = "us-east-1"
}

run "setup" {
  module {
    source = "./tests/setup"
  }
}

variables {
  name               = "tftest-service"
  load_balancer_name = "tftest-service"
  cluster_name       = "tftest-service"
  image              = "public.ecr.aws/docker/library/httpd:2.4"
}

run "http_only" {
  variables {
    cluster_arn              = run.setup.cluster_arn
    vpc_id                   = run.setup.vpc_id
    load_balancer_subnet_ids = run.setup.subnet_ids
    node_security_group_id   = run.setup.node_security_group_id
  }

  assert {
    condition     = length(aws_lb_listener.https) == 0 && aws_lb_listener.http.default_action[0].type == "forward" && startswith(output.url, "http://")
    error_message = "without a certificate the service answers over HTTP"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.balancer.referenced_security_group_id == aws_security_group.balancer.id && aws_vpc_security_group_ingress_rule.balancer.from_port >= 32768
    error_message = "nodes are open to anybody but the load balancer, or on other ports than those of tasks"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].portMappings[0].hostPort == 0
    error_message = "tasks ask for a fixed port: one node runs only one of them"
  }
}

run "the_longest_name_that_is_accepted_is_planned" {
  command = plan

  variables {
    name                     = "abcdefghijklmnopqrstuvwxyz-12345"
    cluster_arn              = run.setup.cluster_arn
    vpc_id                   = run.setup.vpc_id
    load_balancer_subnet_ids = run.setup.subnet_ids
    node_security_group_id   = run.setup.node_security_group_id
  }

  assert {
    condition     = length(aws_iam_role.execution.name_prefix) == 38
    error_message = "a role's prefix has 38 characters at most"
  }
}

run "https" {
  variables {
    cluster_arn              = run.setup.cluster_arn
    vpc_id                   = run.setup.vpc_id
    load_balancer_subnet_ids = run.setup.subnet_ids
    node_security_group_id   = run.setup.node_security_group_id
    certificate_arn          = run.setup.certificate_arn
    client_cidrs             = ["10.0.0.0/8", "192.0.2.0/24"]
  }

  assert {
    condition     = aws_lb_listener.https[0].protocol == "HTTPS" && startswith(output.url, "https://")
    error_message = "with a certificate the service answers over HTTPS"
  }

  assert {
    condition     = aws_lb_listener.http.arn == run.http_only.http_listener_arn && aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS"
    error_message = "the HTTP listener was replaced, or does not redirect"
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.clients) == 4
    error_message = "each block of clients is admitted to both ports"
  }
}

run "refuses_a_block_that_is_none" {
  command = plan

  variables {
    cluster_arn              = run.setup.cluster_arn
    vpc_id                   = run.setup.vpc_id
    load_balancer_subnet_ids = run.setup.subnet_ids
    node_security_group_id   = run.setup.node_security_group_id
    client_cidrs             = ["everybody"]
  }

  expect_failures = [var.client_cidrs]
}

run "refuses_one_zone" {
  command = plan

  variables {
    cluster_arn              = run.setup.cluster_arn
    vpc_id                   = run.setup.vpc_id
    load_balancer_subnet_ids = [run.setup.subnet_ids[0]]
    node_security_group_id   = run.setup.node_security_group_id
  }

  expect_failures = [var.load_balancer_subnet_ids]
}

# `terraform test` in this folder, against AWS or a local engine (AWS_ENDPOINT_URL). On AWS its NAT gateway costs a few cents.

provider "aws" {
  region = "us-east-1"
}

variables {
  name = "tftest-network"
}

run "default_vpc_makes_nothing" {
  assert {
    condition     = length(aws_vpc.this) == 0 && length(output.public_subnet_ids) >= 2 && output.node_subnet_ids == output.public_subnet_ids
    error_message = "in the default VPC nodes and balancers share its public subnets"
  }
}

run "own_vpc_with_one_nat_gateway" {
  variables {
    create_vpc   = true
    cidr         = "10.7.0.0/20"
    nat_gateways = "single"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(output.private_subnet_ids) == 2
    error_message = "one NAT gateway serves the private subnets of both zones"
  }

  assert {
    condition     = output.node_subnet_ids == output.private_subnet_ids
    error_message = "with a NAT gateway nodes are in private subnets"
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : subnet.map_public_ip_on_launch]) && !anytrue([for subnet in aws_subnet.private : subnet.map_public_ip_on_launch])
    error_message = "only public subnets give public addresses"
  }
}

# As AWS would say of a type that the first zone lacks.
run "zones_without_the_instance_type_are_left_out" {
  command = plan

  variables {
    create_vpc    = true
    instance_type = "t3.micro"
  }

  override_data {
    target = data.aws_ec2_instance_type_offerings.this
    values = { locations = ["us-east-1c", "us-east-1b"] }
  }

  assert {
    condition     = keys(aws_subnet.public) == ["us-east-1b", "us-east-1c"]
    error_message = "a subnet is in a zone where nodes fail to launch"
  }
}

run "so_they_are_in_the_default_vpc" {
  command = plan

  variables {
    instance_type = "t3.micro"
  }

  override_data {
    target = data.aws_ec2_instance_type_offerings.this
    values = { locations = ["us-east-1b", "us-east-1c"] }
  }

  assert {
    condition     = length(output.node_subnet_ids) == 2
    error_message = "nodes are spread over a zone where they fail to launch"
  }
}

run "refuses_a_type_that_is_not_to_be_had" {
  command = plan

  variables {
    instance_type = "t9.micro"
  }

  expect_failures = [data.aws_ec2_instance_type_offerings.this]
}

run "refuses_one_zone" {
  command = plan

  variables {
    create_vpc = true
    zone_count = 1
  }

  expect_failures = [var.zone_count]
}

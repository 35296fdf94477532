# Instances that no group keeps, what is looked up for them, and a log stream of one's own.

provider "aws" {
  region = "us-east-1"
}

data "aws_ami" "node" {
  most_recent = true
  owners      = ["amazon"]
}

data "aws_ec2_instance_type" "small" {
  instance_type = "t3.small"
}

data "aws_subnets" "default" {
  filter {
    name   = "default-for-az"
    values = ["true"]
  }
}

resource "aws_instance" "bare" {
  ami           = data.aws_ami.node.id
  instance_type = "t2.micro"
  tags          = { Name = "bare" }
}

resource "aws_instance" "placed" {
  ami           = data.aws_ami.node.id
  instance_type = data.aws_ec2_instance_type.small.instance_type
  subnet_id     = data.aws_subnets.default.ids[0]
  user_data     = "#!/bin/sh\n"
  tags          = { Name = "placed" }
}

resource "aws_cloudwatch_log_group" "this" {
  name = "single"
}

resource "aws_cloudwatch_log_stream" "this" {
  name           = "stream"
  log_group_name = aws_cloudwatch_log_group.this.name
}

output "interfaces" {
  value = data.aws_ec2_instance_type.small.maximum_network_interfaces
}

# Builds and deploys the service of stacks/http-api. Apply that one first: this one looks its repository and service up.

data "aws_ecr_repository" "this" {
  name = var.name
}

data "aws_ecs_cluster" "this" {
  cluster_name = var.cluster_name
}

module "pipeline" {
  source = "../../modules/pipeline"

  name               = var.name
  connection_arn     = var.connection_arn
  repository         = var.repository
  branch             = var.branch
  repository_url     = data.aws_ecr_repository.this.repository_url
  repository_arn     = data.aws_ecr_repository.this.arn
  image_tag          = var.image_tag
  cluster_name       = data.aws_ecs_cluster.this.cluster_name
  service_name       = var.name
  build_commands     = var.build_commands
  test_commands      = var.test_commands
  compute_type       = var.compute_type
  build_timeout      = var.build_timeout
  approval           = var.approval
  artifact_days      = var.artifact_days
  log_retention_days = var.log_retention_days
}

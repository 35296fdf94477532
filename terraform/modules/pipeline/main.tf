# From a commit to a deployment: CodePipeline takes the source, CodeBuild builds, tests and pushes the image, a second
# CodeBuild project deploys it and waits until the service is steady. The build cannot deploy, the deployment cannot push.

data "aws_region" "this" {}

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

locals {
  account  = data.aws_caller_identity.this.account_id
  region   = data.aws_region.this.name
  registry = split("/", var.repository_url)[0]

  build = {
    version = "0.2"
    phases = {
      pre_build = {
        commands = [
          "COMMIT=$(echo \"$CODEBUILD_RESOLVED_SOURCE_VERSION\" | cut -c1-12)",
          "aws ecr get-login-password | docker login --username AWS --password-stdin \"$REGISTRY\"",
        ]
      }
      build = { commands = concat(var.build_commands, var.test_commands) }
      post_build = {
        commands = [
          # post_build runs after a failed build, too.
          "test \"$CODEBUILD_BUILD_SUCCEEDING\" = 1",
          "docker tag \"$IMAGE:$COMMIT\" \"$IMAGE:$TAG\"",
          "docker push \"$IMAGE:$COMMIT\"",
          "docker push \"$IMAGE:$TAG\"",
        ]
      }
    }
  }

  # A new deployment of the same task definition pulls the tag again: Terraform's plan stays empty, and the service's circuit
  # breaker goes back to the image before, which ECS knows by its digest. What it goes back to is a deployment that completes,
  # too: the one that was begun here must.
  deploy = {
    version = "0.2"
    phases = {
      build = {
        commands = [
          "DEPLOYMENT=$(aws ecs update-service --cluster \"$CLUSTER\" --service \"$SERVICE\" --force-new-deployment --query \"service.deployments[?status=='PRIMARY'].id | [0]\" --output text)",
          "aws ecs wait services-stable --cluster \"$CLUSTER\" --services \"$SERVICE\"",
          "test \"$(aws ecs describe-services --cluster \"$CLUSTER\" --services \"$SERVICE\" --query \"services[0].deployments[?id=='$DEPLOYMENT'].rolloutState | [0]\" --output text)\" = COMPLETED",
        ]
      }
    }
  }

  projects = {
    build = {
      description = "Builds, tests and pushes the image"
      buildspec   = yamlencode(local.build)
      role        = aws_iam_role.build.arn
      privileged  = true # docker build needs it
      compute     = var.compute_type
      environment = { IMAGE = var.repository_url, REGISTRY = local.registry, TAG = var.image_tag }
    }
    deploy = {
      description = "Deploys the image that was pushed"
      buildspec   = yamlencode(local.deploy)
      role        = aws_iam_role.deploy.arn
      privileged  = false
      compute     = "BUILD_GENERAL1_SMALL"
      environment = { CLUSTER = var.cluster_name, SERVICE = var.service_name }
    }
  }
}

# --- artifacts ---

resource "aws_s3_bucket" "artifacts" {
  bucket        = "${substr(var.name, 0, 26)}-pipeline-${local.account}-${local.region}" # 63 at most
  force_destroy = var.force_delete
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "artifacts" {
  count = var.artifact_days == null ? 0 : 1

  bucket = aws_s3_bucket.artifacts.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    expiration {
      days = var.artifact_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

# --- builds ---

resource "aws_cloudwatch_log_group" "this" {
  for_each = local.projects

  name              = "/codebuild/${var.name}-${each.key}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_codebuild_project" "this" {
  for_each = local.projects

  name          = "${var.name}-${each.key}"
  description   = each.value.description
  service_role  = each.value.role
  build_timeout = var.build_timeout
  tags          = var.tags

  artifacts {
    type = "CODEPIPELINE"
  }

  source {
    type      = "CODEPIPELINE"
    buildspec = each.value.buildspec
  }

  environment {
    type            = "LINUX_CONTAINER"
    image           = var.build_image
    compute_type    = each.value.compute
    privileged_mode = each.value.privileged

    dynamic "environment_variable" {
      for_each = each.value.environment

      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.this[each.key].name
    }
  }
}

# --- the pipeline ---

resource "aws_codepipeline" "this" {
  name          = var.name
  role_arn      = aws_iam_role.pipeline.arn
  pipeline_type = "V2"
  # A commit that comes while another is deployed replaces those that wait.
  execution_mode = "SUPERSEDED"
  tags           = var.tags

  artifact_store {
    type     = "S3"
    location = aws_s3_bucket.artifacts.bucket
  }

  stage {
    name = "Source"

    action {
      name             = "Source"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeStarSourceConnection"
      version          = "1"
      output_artifacts = ["source"]

      configuration = {
        ConnectionArn        = var.connection_arn
        FullRepositoryId     = var.repository
        BranchName           = var.branch
        OutputArtifactFormat = "CODE_ZIP"
        DetectChanges        = "true"
      }
    }
  }

  stage {
    name = "Build"

    action {
      name            = "Build"
      category        = "Build"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      input_artifacts = ["source"]

      configuration = {
        ProjectName = aws_codebuild_project.this["build"].name
      }
    }
  }

  dynamic "stage" {
    for_each = var.approval ? ["Approval"] : []

    content {
      name = stage.value

      action {
        name     = "Approve"
        category = "Approval"
        owner    = "AWS"
        provider = "Manual"
        version  = "1"
      }
    }
  }

  stage {
    name = "Deploy"

    action {
      name            = "Deploy"
      category        = "Build"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      input_artifacts = ["source"]

      configuration = {
        ProjectName = aws_codebuild_project.this["deploy"].name
      }
    }
  }

  depends_on = [aws_iam_role_policy.pipeline, aws_iam_role_policy.build, aws_iam_role_policy.deploy]
}

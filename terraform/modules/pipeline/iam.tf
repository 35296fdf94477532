# Three roles: the pipeline hands artifacts on and starts builds, the build pushes to one repository, the deployment touches
# one service.

data "aws_iam_policy_document" "trust" {
  for_each = toset(["codepipeline", "codebuild"])

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["${each.value}.amazonaws.com"]
    }

    # Only for this account: nobody else's pipeline borrows the role.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "artifacts" {
  statement {
    actions   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    resources = ["${aws_s3_bucket.artifacts.arn}/*"]
  }

  statement {
    actions   = ["s3:GetBucketLocation", "s3:GetBucketVersioning"]
    resources = [aws_s3_bucket.artifacts.arn]
  }
}

data "aws_iam_policy_document" "logs" {
  for_each = local.project_names

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${data.aws_partition.this.partition}:logs:${local.region}:${local.account}:log-group:/codebuild/${each.value}:*"]
  }
}

locals {
  project_names = { for name in ["build", "deploy"] : name => "${var.name}-${name}" }
  project_arns  = [for name in values(local.project_names) : "arn:${data.aws_partition.this.partition}:codebuild:${local.region}:${local.account}:project/${name}"]
  service_arn   = "arn:${data.aws_partition.this.partition}:ecs:${local.region}:${local.account}:service/${var.cluster_name}/${var.service_name}"
}

# --- pipeline ---

data "aws_iam_policy_document" "pipeline" {
  source_policy_documents = [data.aws_iam_policy_document.artifacts.json]

  # The source action gives the bucket's owner what it uploads.
  statement {
    actions   = ["s3:PutObjectAcl"]
    resources = ["${aws_s3_bucket.artifacts.arn}/*"]
  }

  statement {
    actions   = ["codestar-connections:UseConnection", "codeconnections:UseConnection"]
    resources = [var.connection_arn]
  }

  statement {
    actions   = ["codebuild:StartBuild", "codebuild:BatchGetBuilds"]
    resources = local.project_arns
  }
}

resource "aws_iam_role" "pipeline" {
  name_prefix        = "${substr(var.name, 0, 22)}-pipeline-"
  description        = "Pipeline ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.trust["codepipeline"].json
  tags               = var.tags
}

resource "aws_iam_role_policy" "pipeline" {
  name   = "pipeline"
  role   = aws_iam_role.pipeline.id
  policy = data.aws_iam_policy_document.pipeline.json
}

# --- build ---

data "aws_iam_policy_document" "build" {
  source_policy_documents = [data.aws_iam_policy_document.artifacts.json, data.aws_iam_policy_document.logs["build"].json]

  # A token is for all repositories; what it is good for is said below.
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = [var.repository_arn]
  }
}

resource "aws_iam_role" "build" {
  name_prefix        = "${substr(var.name, 0, 22)}-build-"
  description        = "Builds of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.trust["codebuild"].json
  tags               = var.tags
}

resource "aws_iam_role_policy" "build" {
  name   = "build"
  role   = aws_iam_role.build.id
  policy = data.aws_iam_policy_document.build.json
}

# --- deployment ---

data "aws_iam_policy_document" "deploy" {
  source_policy_documents = [data.aws_iam_policy_document.artifacts.json, data.aws_iam_policy_document.logs["deploy"].json]

  statement {
    actions   = ["ecs:DescribeServices", "ecs:UpdateService"]
    resources = [local.service_arn]
  }
}

resource "aws_iam_role" "deploy" {
  name_prefix        = "${substr(var.name, 0, 22)}-deploy-"
  description        = "Deployments of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.trust["codebuild"].json
  tags               = var.tags
}

resource "aws_iam_role_policy" "deploy" {
  name   = "deploy"
  role   = aws_iam_role.deploy.id
  policy = data.aws_iam_policy_document.deploy.json
}

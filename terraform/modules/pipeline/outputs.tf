output "name" {
  value       = aws_codepipeline.this.name
  description = "Name of the pipeline."
}

output "arn" {
  value       = aws_codepipeline.this.arn
  description = "ARN of the pipeline."
}

output "project_names" {
  value       = { for name, project in aws_codebuild_project.this : name => project.name }
  description = "The CodeBuild projects: build and deploy."
}

output "artifact_bucket" {
  value       = aws_s3_bucket.artifacts.bucket
  description = "Bucket of sources and artifacts."
}

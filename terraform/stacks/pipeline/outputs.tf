output "pipeline_name" {
  value       = module.pipeline.name
  description = "The pipeline, as the aws CLI names it."
}

output "pipeline_url" {
  value       = "https://${var.region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${module.pipeline.name}/view"
  description = "Where to watch it."
}

output "artifact_bucket" {
  value       = module.pipeline.artifact_bucket
  description = "Bucket of sources and artifacts."
}

output "repository_url" {
  value       = aws_ecr_repository.this.repository_url
  description = "What images are pushed to and pulled from."
}

output "repository_name" {
  value       = aws_ecr_repository.this.name
  description = "Name of the repository."
}

output "repository_arn" {
  value       = aws_ecr_repository.this.arn
  description = "ARN of the repository, for policies."
}

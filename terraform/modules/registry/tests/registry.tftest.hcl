# `terraform test` in this folder, against AWS or a local engine (AWS_ENDPOINT_URL).

provider "aws" {
  region = "us-east-1"
}

variables {
  name = "tftest-registry"
}

run "applies" {
  assert {
    condition     = endswith(output.repository_url, "/tftest-registry")
    error_message = "the repository's URL does not end with its name: ${output.repository_url}"
  }

  assert {
    condition     = aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push
    error_message = "images are not scanned when they are pushed"
  }

  assert {
    condition     = length(jsondecode(aws_ecr_lifecycle_policy.this.policy).rules) == 2
    error_message = "the lifecycle policy has not got its two rules"
  }
}

run "changes_in_place" {
  variables {
    immutable_tags = true
    scan_on_push   = false
    kept_images    = 5
  }

  assert {
    condition     = aws_ecr_repository.this.arn == run.applies.repository_arn && aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE"
    error_message = "tag immutability replaced the repository, or is not there"
  }
}

run "refuses_a_name_that_ecr_refuses" {
  command = plan

  variables {
    name = "Upper/Case"
  }

  expect_failures = [var.name]
}

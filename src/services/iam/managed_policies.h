// AWS's own managed policies, as AWS publishes them: those that stacks of load-balanced services attach. Called by this
// service's handlers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace services::iam {

struct AwsPolicy {
  std::string_view path, name, version;  ///< version: the default one, "v3"
  std::int64_t created_ms, updated_ms;
  std::string_view document;
};

/// In the order of their names.
std::span<const AwsPolicy> aws_policies();
/// "arn:aws:iam::aws:policy/service-role/…", or nullptr.
const AwsPolicy* find_aws_policy(std::string_view arn);
std::string aws_policy_arn(const AwsPolicy& policy);
/// Made of its ARN: the same in every engine.
std::string aws_policy_id(const AwsPolicy& policy);

}  // namespace services::iam

// Policy documents: checked for the shape that IAM asks for, and written as IAM writes them in answers. What they allow is
// not looked at. Called by this service's handlers.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace services::iam {

/// A trust policy names principals and no resources, an identity policy the other way round.
enum class PolicyKind { trust, identity };

/// MalformedPolicyDocument with AWS's sentence.
Result<void> check_policy_document(const std::string& text, PolicyKind kind);

/// As IAM counts it: without white space.
std::size_t policy_size(std::string_view text);
/// LimitExceeded for a trust policy or a managed policy that is too long. A role's inline policies share a quota.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
Result<void> check_policy_size(const std::string& text, PolicyKind kind);

/// Percent-encoded (RFC 3986), as every document in IAM's answers is.
std::string encode_document(std::string_view text);

}  // namespace services::iam

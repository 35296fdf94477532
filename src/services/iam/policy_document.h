// Policy documents: checked for the shape that IAM asks for, and written as IAM writes them in answers. What they allow is
// not looked at. Called by this service's handlers.
#pragma once

#include <string>

#include "base/result.h"

namespace services::iam {

/// A trust policy names principals and no resources, an identity policy the other way round.
enum class PolicyKind { trust, identity };

/// MalformedPolicyDocument with AWS's sentence.
Result<void> check_policy_document(const std::string& text, PolicyKind kind);

/// Percent-encoded (RFC 3986), as every document in IAM's answers is.
std::string encode_document(std::string_view text);

}  // namespace services::iam

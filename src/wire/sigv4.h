// AWS Signature Version 4 in the Authorization header: made by the client, checked by the engine when it runs with --auth.
// Always: comparing signatures takes the same time wherever they differ; secrets appear in no error.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "net/http.h"

namespace wire {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // "" for long-lived keys
};

struct SigningScope {
  std::string_view region;
  std::string_view service;  // the model's signing_name
};

/// Adds X-Amz-Date, X-Amz-Security-Token (with a session token), X-Amz-Content-Sha256 and Authorization. Host must be set.
void sign(net::Request& request, const Credentials& credentials, const SigningScope& scope, Instant now);

/// The secret of an access key, nullopt if there is no such key.
using SecretOf = std::function<std::optional<std::string>(std::string_view access_key)>;

/// The access key that signed `request`. Errors as AWS's front doors give them: MissingAuthenticationToken,
/// IncompleteSignature, InvalidClientTokenId, SignatureDoesNotMatch (clock skew above 5 minutes included).
Result<std::string> verify(const net::Request& request, const SecretOf& secret_of, Instant now);

}  // namespace wire

// Sends a packed image to a registry, ours or another, over the distribution API. Called by `scaleout push`.
#pragma once

#include <string>

#include "base/result.h"
#include "net/http_client.h"
#include "registry/pack.h"

namespace registry {

struct PushTarget {
  net::Endpoint endpoint;
  std::string token;  ///< as GetAuthorizationToken gives it: base64 of user and password
  std::string repository, tag;
};

/// An error that says what a repository's name and a tag may be, where one of them is not such.
Result<void> check_names(const std::string& repository, const std::string& tag);

/// Blobs that the repository has are not sent again. Errors are the registry's own, or the client's.
Result<void> push_image(const PushTarget& target, const PackedImage& image);

}  // namespace registry

// The names under which task definitions know images. Called where a task's image is resolved and by push and deploy.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace registry {

struct ImageName {
  std::string host;        ///< "123456789012.dkr.ecr.us-east-1.amazonaws.com", "127.0.0.1:4566", or empty
  std::string repository;  ///< "team/http-api"
  std::string reference;   ///< tag or digest; "latest" if none is given
};

/// "[host/]repository[:tag][@digest]". As Docker: the first part is a host if it has a dot or a colon, or is localhost.
Result<ImageName> parse_image_name(std::string_view text);

}  // namespace registry

// AWS's ini files: ~/.aws/config and ~/.aws/credentials. Read by settings.cpp.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace client {

/// Section name ("default", "profile dev", "services local") to its keys. A key nested under another ("ecs =" followed by
/// indented "endpoint_url = …") is written "ecs.endpoint_url". Keys are lower case.
using ProfileFile = std::map<std::string, std::map<std::string, std::string>>;

/// An error names the line that is no section, key or comment.
Result<ProfileFile> parse_profile_file(std::string_view text, std::string_view name);

}  // namespace client

// What an answer lists: AWS leaves a member out that would be empty, and names most things by ARNs. Used by whoever reads
// answers of `AwsClient`.
#pragma once

#include <string>
#include <type_traits>

namespace client {

/// The list, or an empty one. A copy: it may be walked though the answer was a temporary.
template <class Member>
auto list(const Member& given) {
  return given ? *given : std::remove_cvref_t<decltype(*given)>();
}

/// "http-api:3" of "arn:…:task-definition/http-api:3"; the text itself if it has no slash.
inline std::string after_last_slash(const std::string& arn) { return arn.substr(arn.rfind('/') + 1); }

}  // namespace client

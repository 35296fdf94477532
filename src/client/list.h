// What an answer lists: AWS leaves a member out that would be empty. Used by whoever reads answers of `AwsClient`.
#pragma once

#include <type_traits>

namespace client {

/// The list, or an empty one. A copy: it may be walked though the answer was a temporary.
template <class Member>
auto list(const Member& given) {
  return given ? *given : std::remove_cvref_t<decltype(*given)>();
}

}  // namespace client

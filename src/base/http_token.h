// What may name a header, a cookie or a method (RFC 9110, token). Services refuse what is none: the balancer can match
// nothing else, and a condition that it cannot match must not be accepted.
#pragma once

#include <algorithm>
#include <cctype>
#include <string_view>

inline bool is_http_token(std::string_view text) {
  static constexpr std::size_t kMost = 256;  // a line of the balancer's configuration has room for it
  static constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && text.size() <= kMost && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kOthers.find(c) != std::string_view::npos;
  });
}

// application/x-www-form-urlencoded parameters: Query and EC2 requests, and query strings.
// Always: sorted by key; at most kMaxParameters; valid UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace wire {

using Parameter = std::pair<std::string, std::string>;
using Form = std::vector<Parameter>;

inline constexpr std::size_t kMaxParameters = 20'000;
/// Structures in one JSON or CBOR request: "{}," is three bytes on the wire and up to a kilobyte here. PutLogEvents takes
/// 10,000 events, more than any other action.
inline constexpr std::size_t kMaxStructures = 20'000;

/// Appends the parameters of `text`, unsorted. Error MalformedQueryString.
Result<void> parse_form(std::string_view text, Form& form);
void sort_form(Form& form);
/// "" when absent. `form` is sorted.
std::string_view find_parameter(const Form& form, std::string_view key);

/// RFC 3986: everything but unreserved characters is escaped ("/" too unless keep_slash).
std::string percent_encode(std::string_view text, bool keep_slash = false);
/// Plus stays plus. False on a broken escape.
bool percent_decode(std::string_view text, std::string& out, bool plus_is_space = false);

bool is_utf8(std::string_view text);
/// Position of the first byte that is not part of valid UTF-8, npos if all is.
std::size_t find_bad_utf8(std::string_view text, std::size_t from = 0);

}  // namespace wire

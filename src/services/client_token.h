// What makes a request the same one asked again: its clientToken, with the same parameters. Both are kept as digests, by
// RunTask in the ids of the tasks it starts, by CreateService, RunInstances and those that make launch templates in the
// document of what the request made, so that they last as long as that.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/document.h"

namespace services {

/// Digests in lower-case hexadecimal digits: few enough for a task's id, too many to meet by chance.
struct RequestMark {
  std::string token;       ///< 16 digits
  std::string parameters;  ///< 8 digits
  std::string text() const { return token + parameters; }
};

RequestMark request_mark(std::string_view token, std::string_view parameters);

/// Of a request with a clientToken; none without.
template <class Input>
std::optional<RequestMark> request_mark(const Input& in) {
  if (!in.client_token || in.client_token->empty()) return std::nullopt;
  Input rest = in;
  rest.client_token.reset();
  return request_mark(*in.client_token, api::to_document(rest));
}

/// The document with the mark beside the API's members, and the mark of such a document; empty if it has none.
std::string with_mark(const std::string& document, const std::string& mark);
std::string mark_of(const std::string& document);

}  // namespace services

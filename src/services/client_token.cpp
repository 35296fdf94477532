#include "services/client_token.h"

#include <boost/json.hpp>

#include "base/sha256.h"

namespace services {

namespace {
constexpr std::size_t kTokenDigits = 16, kParameterDigits = 8;
constexpr std::string_view kMarkMember = "request";  // no member of the API's shapes that are kept so
}  // namespace

RequestMark request_mark(std::string_view token, std::string_view parameters) {
  return {.token = lower_hex(sha256(token)).substr(0, kTokenDigits),
          .parameters = lower_hex(sha256(parameters)).substr(0, kParameterDigits)};
}

std::string with_mark(const std::string& document, const std::string& mark) {
  if (mark.empty()) return document;
  boost::json::value marked = boost::json::parse(document);
  marked.as_object()[kMarkMember] = mark;
  return boost::json::serialize(marked);
}

std::string mark_of(const std::string& document) {
  boost::system::error_code bad;
  const boost::json::value parsed = boost::json::parse(document, bad);
  if (bad || !parsed.is_object()) return {};
  const boost::json::value* mark = parsed.as_object().if_contains(kMarkMember);
  return mark && mark->is_string() ? std::string(mark->as_string()) : std::string();
}

}  // namespace services

#include "load/outcome.h"

namespace load {

namespace {

struct Names {
  const char* name;
  const char* text;
};
constexpr Names kNames[kErrorKinds] = {
    {"connect_refused", "connection refused"},
    {"connect_failed", "could not connect"},
    {"connect_timeout", "no connection within the timeout"},
    {"reset", "connection reset before the whole answer"},
    {"closed", "connection closed before the whole answer"},
    {"timeout", "no whole answer within the timeout"},
    {"not_sent", "every connection busy until the timeout"},
    {"malformed", "the answer is no HTTP/1.1"},
    {"http_4xx", "answered with 4xx"},
    {"http_5xx", "answered with 5xx"},
};

}  // namespace

const char* error_name(ErrorKind kind) { return kNames[static_cast<std::size_t>(kind)].name; }
const char* error_text(ErrorKind kind) { return kNames[static_cast<std::size_t>(kind)].text; }

bool Outcome::unreachable() const {
  return counts.failed > 0 && counts.sent == 0 && statuses.empty() &&
         counts.failed == errors_of(ErrorKind::connect_refused) + errors_of(ErrorKind::connect_failed) +
                              errors_of(ErrorKind::connect_timeout);
}

}  // namespace load

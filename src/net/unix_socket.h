// One question over a unix stream socket, for servers that answer and close (HAProxy's runtime socket). Blocking, with
// a deadline: called on the balancer's own thread, never on the owner's.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace net {

/// Connects, sends `text`, reads until the peer closes. Errors: "ConnectFailed" (nobody listens), "Timeout",
/// "ConnectionClosed" (an error while sending or reading), "ResponseTooLarge" (above 64 MiB).
Result<std::string> unix_request(const std::string& path, std::string_view text, std::chrono::milliseconds timeout);

}  // namespace net

// Keeps web pages away from a server that trusts whoever reaches it: checks Host (DNS rebinding) and Origin and
// Sec-Fetch-Site (a page's scripts, images and forms). Called by HttpServer before a handler sees a request.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace net {

struct GuardOptions {
  /// Check Host. Off only where the server is bound to addresses that others reach and asks for signatures.
  bool check_host = true;
  /// Further names taken as Host: "registry.test", "*.amazonaws.com" (any depth below). localhost, *.localhost,
  /// 127.0.0.0/8 and [::1] always are.
  std::vector<std::string> hosts;
  /// Further Origin values taken, for example "http://localhost:3000". The server's own pages always are.
  std::vector<std::string> origins;
};

/// The request may pass; else an error whose message says what was refused and why.
Result<void> check_request(const GuardOptions& options, const Request& request);

/// "localhost" of "localhost:4566", "::1" of "[::1]:80"; nothing if it is no host[:port].
std::optional<std::string_view> host_name(std::string_view host);

}  // namespace net

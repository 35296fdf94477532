#include <algorithm>

#include "net/guard.h"
#include "net/http_client.h"

namespace net {
namespace {

tl::unexpected<Error> invalid(std::string_view url) {
  return fail("InvalidEndpoint", "'" + std::string(url) +
                                     "' is no endpoint: write http://HOST[:PORT], https://HOST[:PORT] or unix:///PATH.");
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view url) {
  Endpoint endpoint;
  constexpr std::string_view kUnix = "unix://", kHttp = "http://", kHttps = "https://";
  if (url.starts_with(kUnix)) {
    endpoint.unix_path = url.substr(kUnix.size());
    if (endpoint.unix_path.empty() || endpoint.unix_path.size() > 107) return invalid(url);
    endpoint.host = "localhost";
    return endpoint;
  }
  auto rest = url;
  if (url.starts_with(kHttp)) {
    rest.remove_prefix(kHttp.size());
  } else if (url.starts_with(kHttps)) {
    rest.remove_prefix(kHttps.size());
    endpoint.tls = true;
    endpoint.port = 443;
  } else {
    return invalid(url);
  }
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos) {
    endpoint.base_path = rest.substr(slash);
    while (endpoint.base_path.ends_with('/')) endpoint.base_path.pop_back();
    if (endpoint.base_path.find_first_of(" \t\r\n?#") != std::string::npos) return invalid(url);
    rest = rest.substr(0, slash);
  }
  const auto name = host_name(rest);
  if (!name) return invalid(url);
  endpoint.host = *name;
  const auto bracket = rest.find(']');
  const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const std::string digits(rest.substr(colon + 1));
    if (digits.empty() || std::stoi(digits) < 1 || std::stoi(digits) > 65535) return invalid(url);
    endpoint.port = static_cast<std::uint16_t>(std::stoi(digits));
  }
  return endpoint;
}

std::string Endpoint::host_header() const {
  if (!unix_path.empty()) return "localhost";
  const bool v6 = host.find(':') != std::string::npos;
  auto text = v6 ? "[" + host + "]" : host;
  if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

std::string Endpoint::text() const {
  if (!unix_path.empty()) return "unix://" + unix_path;
  return (tls ? "https://" : "http://") + host_header() + base_path;
}

bool Endpoint::loopback() const {
  if (!unix_path.empty()) return true;
  Request probe;
  probe.headers.add("Host", host_header());
  return check_request({}, probe).has_value();
}

}  // namespace net

#include "net/guard.h"

#include <algorithm>

namespace net {
namespace {

bool is_port(std::string_view text) {
  return text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/// Four decimal numbers; no octal, hex or short forms, which browsers and resolvers read differently.
bool is_loopback_v4(std::string_view host) {
  int parts = 0;
  int value = 0;
  std::size_t digits = 0;
  int first = -1;
  for (std::size_t i = 0; i <= host.size(); ++i) {
    if (i == host.size() || host[i] == '.') {
      if (digits == 0 || digits > 3 || value > 255) return false;
      if (parts++ == 0) first = value;
      value = 0;
      digits = 0;
    } else if (host[i] >= '0' && host[i] <= '9') {
      if (digits == 1 && value == 0) return false;
      value = value * 10 + (host[i] - '0');
      if (++digits > 3) return false;
    } else {
      return false;
    }
  }
  return parts == 4 && first == 127;
}

bool ends_with_label(std::string_view host, std::string_view suffix) {
  return host.size() > suffix.size() && equal_ignoring_case(host.substr(host.size() - suffix.size()), suffix) &&
         host[host.size() - suffix.size() - 1] == '.';
}

bool host_allowed(const GuardOptions& options, std::string_view host) {
  if (equal_ignoring_case(host, "localhost") || ends_with_label(host, "localhost") || host == "::1" ||
      is_loopback_v4(host)) {
    return true;
  }
  return std::any_of(options.hosts.begin(), options.hosts.end(), [&](std::string_view allowed) {
    return allowed.starts_with("*.") ? ends_with_label(host, allowed.substr(2)) : equal_ignoring_case(host, allowed);
  });
}

Result<void> check_origin(const GuardOptions& options, const Request& request, std::string_view origin) {
  if (std::any_of(options.origins.begin(), options.origins.end(),
                  [&](std::string_view allowed) { return equal_ignoring_case(allowed, origin); })) {
    return {};
  }
  const auto host = request.headers.get("Host");
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && equal_ignoring_case(origin.substr(scheme.size()), host)) return {};
  }
  return fail("AccessDeniedException", "Requests of the web page " + std::string(origin.substr(0, 200)) +
                                           " are refused: this server answers only programs and its own pages.");
}

}  // namespace

std::optional<std::string_view> host_name(std::string_view host) {
  if (host.starts_with('[')) {
    const auto close = host.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const auto rest = host.substr(close + 1);
    if (!rest.empty() && (rest[0] != ':' || !is_port(rest.substr(1)))) return std::nullopt;
    return host.substr(1, close - 1);
  }
  const auto colon = host.find(':');
  if (colon != std::string_view::npos) {
    if (!is_port(host.substr(colon + 1))) return std::nullopt;
    host = host.substr(0, colon);
  }
  if (host.empty() || !std::all_of(host.begin(), host.end(), is_host_char)) return std::nullopt;
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

Result<void> check_request(const GuardOptions& options, const Request& request) {
  if (options.check_host) {
    const auto host = host_name(request.headers.get("Host"));
    if (!host || !host_allowed(options, *host)) {
      return fail("AccessDeniedException",
                  "The host name " + std::string(request.headers.get("Host").substr(0, 200)) +
                      " is refused: this server is bound to loopback and takes only localhost, 127.0.0.0/8 and [::1].");
    }
  }
  if (const auto origin = request.headers.find("Origin")) {
    if (auto checked = check_origin(options, request, *origin); !checked) return checked;
    return {};
  }
  // Without Origin a browser still sends images, links and forms of other sites. Following a link to one of our pages
  // is harmless; a link with a query could be an action.
  if (const auto site = request.headers.find("Sec-Fetch-Site")) {
    const bool own = *site == "same-origin" || *site == "none";
    const bool plain_link =
        request.method == "GET" && request.headers.get("Sec-Fetch-Mode") == "navigate" && request.query().empty();
    if (!own && !plain_link) {
      return fail("AccessDeniedException",
                  "Requests of other web sites are refused: this server answers only programs and its own pages.");
    }
  }
  return {};
}

}  // namespace net

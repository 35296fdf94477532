#include "app/routes.h"

namespace http_api {
namespace {

constexpr bool starts_with_scheme(std::string_view target, std::string_view scheme) {
  if (target.size() < scheme.size()) return false;
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    const char c = target[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != scheme[i]) return false;
  }
  return true;
}

Route find_path(std::string_view path) {
  path = path.substr(0, path.find('?'));
  if (path == "/api") return Route::api;
  if (path == "/") return Route::root;
  if (path == "/health") return Route::health;
  if (path == "/metrics") return Route::metrics;
  if (path == "/version") return Route::version;
  return Route::not_found;
}

}  // namespace

Route find_route(std::string_view target) {
  if (target.starts_with('/')) return find_path(target);
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!starts_with_scheme(target, scheme)) continue;
    const std::string_view rest = target.substr(scheme.size());
    const std::size_t end_of_authority = rest.find_first_of("/?");
    if (end_of_authority == 0) return Route::not_a_path;
    if (end_of_authority == std::string_view::npos || rest[end_of_authority] == '?') return Route::root;
    return find_path(rest.substr(end_of_authority));
  }
  return Route::not_a_path;
}

std::string_view route_label(Route route) {
  switch (route) {
    case Route::api:
      return "/api";
    case Route::root:
      return "/";
    case Route::health:
      return "/health";
    case Route::metrics:
      return "/metrics";
    case Route::version:
      return "/version";
    case Route::not_found:
      return "other";
    case Route::not_a_path:
      return "invalid";
  }
  return "invalid";
}

}  // namespace http_api

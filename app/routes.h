// What a request target means. Called by RequestParser while the target's bytes are at hand, and by
// Responder to name routes in metrics. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace http_api {

enum class Route : unsigned char { api, root, health, metrics, version, not_found, not_a_path };
inline constexpr std::size_t kRoutes = 7;

/// Understands the origin form (/api?x=1) and the absolute form (http://host/api) of RFC 9112 3.2;
/// the query is not looked at. Anything else (*, host:port) is not_a_path.
Route find_route(std::string_view target);

/// The path as a metric label: one fixed word for all unknown paths, so that clients cannot grow the metrics.
std::string_view route_label(Route route);

}  // namespace http_api

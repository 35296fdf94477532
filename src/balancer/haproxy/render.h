// HAProxy's configuration as a pure function of what is wanted. The supervisor calls it before each start and reload
// and compares structure_text() to see whether a reload is needed at all.
//
// What always holds: `haproxy -c` accepts the text whatever stands in names, paths, headers and bodies, and nothing in
// them becomes a directive. A member that is not `serving` is rendered disabled: it gets no request before the
// supervisor has given it its state back.
#pragma once

#include <string_view>

#include "balancer/balancer.h"

namespace balancer {

struct Structure {
  std::map<std::string, ListenerSpec> listeners;  ///< those that could be bound
  std::map<std::string, int> ports;               ///< listener id -> port really bound
  std::map<std::string, GroupSpec> groups;
};

struct RenderedMember {
  std::string name, address;
  int port = 0;
  bool serving = false;
};

struct RenderInput {
  Structure structure;
  std::map<std::string, std::vector<RenderedMember>> members;  ///< by group id
  std::uint64_t generation = 0;
  std::string stats_socket;
  std::string log_sockets;   ///< what log_socket() begins with
  std::string certificates;  ///< the directory of what certificate_file() names
  Duration connect_timeout{10'000};
  int max_connections = 2000;
  int threads = 1;
};

/// So many for bursts: 16 times 10 lines are 80 ms of the most that is logged. The reader is woken by the last one, so
/// only once for 16 lines.
inline constexpr int kLogSockets = 16;
inline std::string log_socket(const std::string& prefix, int number) {
  return prefix + std::to_string(number) + ".sock";
}

/// A server that is added at run time gets none of HAProxy's defaults: without the pool's two it keeps no idle
/// connection, and every request makes one.
inline constexpr const char* kServerDefaults = " weight 100 pool-max-conn -1 pool-purge-delay 5s";

/// Named after what it holds: a listener with another certificate is another structure.
std::string certificate_file(const std::string& pem);
std::string backend_name(const GroupSpec& group);
std::string frontend_name(const ListenerSpec& listener);
/// What follows the address of a server of this group, in the configuration and in `add server` alike.
std::string server_arguments(const GroupSpec& group);
std::string render_config(const RenderInput& input);
/// Everything a reload would be needed for; members are not in it.
std::string structure_text(const Structure& structure);

/// Of what comes through this listener: "http" or "https".
inline std::string_view scheme(const ListenerSpec& listener) { return listener.protocol == "HTTPS" ? "https" : "http"; }

/// The lines of a frontend that choose among rules (render_rules.cpp).
std::string render_rules(const ListenerSpec& listener, const Structure& structure);
/// An error page as an ALB sends it.
std::string error_page(int status, std::string_view reason);

}  // namespace balancer

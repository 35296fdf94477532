// One command (or several, joined by "; ") to HAProxy's runtime API over a unix socket, and the answer. The supervisor
// calls it on its own thread.
//
// What always holds: it returns within its timeout, whatever the other side does.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace balancer {

/// Codes: "Unreachable" (nobody listens), "Timeout".
Result<std::string> runtime_command(const std::string& socket_path, const std::string& command,
                                    Duration timeout = Duration{2'000});

/// One line of `show stat`, of what we use.
struct StatRow {
  std::string proxy, server;  ///< server is FRONTEND or BACKEND for those
  std::string status, check_status, check_code, address;
  std::uint64_t current_sessions = 0, sessions = 0, bytes_in = 0, bytes_out = 0, connection_errors = 0, requests = 0;
  std::uint64_t responses[6] = {};  ///< [1]..[5]: by class
  std::uint64_t connections = 0;
};
/// Rows of the CSV that `show stat` answers; lines that make no sense are left out.
std::vector<StatRow> parse_stat(std::string_view csv);

/// One server of `show servers state`.
struct ServerState {
  std::string proxy, server, address;
  int port = 0;
  bool maintenance = false, drain = false, up = false;
};
std::vector<ServerState> parse_servers_state(std::string_view text);

/// `show proc` on the master's socket.
struct Processes {
  int master = 0;
  std::vector<int> current, old;
};
Processes parse_processes(std::string_view text);

}  // namespace balancer

// What is to be sent where, and when: filled by `scaleout load` from its flags, or by a caller in code. Plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace load {

using Nanoseconds = std::chrono::nanoseconds;

/// The rate goes in a straight line from `from` to `to` requests a second; equal: it stays. 0 is a pause.
struct Stage {
  double from = 0, to = 0;
  Nanoseconds length{0};
  friend bool operator==(const Stage&, const Stage&) = default;
};

struct Target {
  std::string host;           ///< name or address, without brackets
  std::uint16_t port = 80;
  std::string path = "/";     ///< with the query
  std::string authority;      ///< the Host header
};

enum class Arrival { uniform, poisson };

struct Plan {
  Target target;
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  std::vector<Stage> stages;
  Arrival arrival = Arrival::uniform;
  std::uint64_t seed = 1;         ///< of poisson arrivals: the same seed gives the same schedule
  /// No schedule: each connection sends its next request as soon as the last one is answered. For finding the most that a
  /// server carries. Latency is then what a closed loop sees. Takes its length from the one stage.
  bool closed_loop = false;

  std::size_t connections = 1024;  ///< most at once; opened as they are needed
  Nanoseconds timeout = std::chrono::seconds(10);  ///< from the moment a request is due until its whole answer is there
  /// Send an idempotent request again, once, when a kept connection turns out to be closed before any byte of an answer.
  /// Counted as `retried`. Off: such a request has failed.
  bool retry_closed = false;
};

/// "http://host:port/path?query".
Result<Target> parse_target(const std::string& url);
/// "250:1m,500:30s,750-1000:2m".
Result<std::vector<Stage>> parse_stages(const std::string& text);
/// "1h30m", "30s", "250ms", "1.5s", "800us".
Result<Nanoseconds> parse_duration(const std::string& text);
/// "Name: value"; refuses what load sets itself and what would break the request.
Result<std::pair<std::string, std::string>> parse_header(const std::string& text);
/// Everything that can be wrong with a plan before a packet is sent.
Result<void> check(const Plan& plan);

/// The shortest form: "1m30s", "250ms".
std::string duration_text(Nanoseconds length);
/// "250/s for 1m, 750 to 1000/s over 2m".
std::string stages_text(const std::vector<Stage>& stages);
std::string rate_text(double rate);

}  // namespace load

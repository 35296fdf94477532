// What GET /metrics tells. Counted by Responder and Server, on their one thread: plain integers.
// Always holds: counters only grow while the process lives; the number of series is fixed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/routes.h"

namespace http_api {

class Counters {
 public:
  void count_answer(Route route, int status) { ++answers_[static_cast<std::size_t>(route)][column_of(status)]; }

  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t clients_timed_out = 0;

  struct Facts {  // what is asked of the system at the moment of a scrape
    double cpu_seconds = 0;
    std::uint64_t resident_bytes = 0;
    double start_unix_seconds = 0;
    bool draining = false;
    std::string_view app_version;
  };
  /// The Prometheus text format, version 0.0.4.
  std::string render(const Facts& facts) const;

 private:
  static constexpr std::array<int, 12> kStatuses = {200, 400, 404, 405, 408, 413, 414, 431, 501, 503, 505, 0};
  static std::size_t column_of(int status) {
    std::size_t column = 0;
    while (kStatuses[column] != status && kStatuses[column] != 0) ++column;
    return column;
  }

  std::array<std::array<std::uint64_t, kStatuses.size()>, kRoutes> answers_{};
};

/// Facts about this process, from the kernel.
double process_cpu_seconds();
std::uint64_t process_resident_bytes();

}  // namespace http_api

#include "base/time.h"

#include <fmt/format.h>

#include <ctime>

namespace {
Instant wall_now() {
  return instant_from_ms(std::chrono::duration_cast<milliseconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count());
}

/// steady_clock as it would be if it did not stand still while the machine sleeps.
std::chrono::steady_clock::time_point since_boot() {
  std::timespec at{};
  clock_gettime(CLOCK_BOOTTIME, &at);
  return std::chrono::steady_clock::time_point(seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec));
}
}  // namespace

std::string to_iso8601(Instant at) {
  const std::int64_t ms = to_ms(at);
  const std::time_t whole = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  gmtime_r(&whole, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, ms % 1000);
}

SteadyWallClock::SteadyWallClock() : start_(wall_now()), steady_start_(since_boot()) {}

Instant SteadyWallClock::now() const {
  return start_ + std::chrono::duration_cast<milliseconds>(since_boot() - steady_start_);
}

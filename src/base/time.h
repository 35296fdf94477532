// Time as the engine sees it. Every room takes `Instant now` from its caller or a Clock from its constructor, so that
// the same code runs on the virtual clock of tests and the simulator.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

using Duration = std::chrono::milliseconds;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Milliseconds since the Unix epoch. Never goes backwards within one engine run: see Clock.
struct EngineClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<EngineClock>;
  static constexpr bool is_steady = true;
};
using Instant = EngineClock::time_point;

inline constexpr Instant kNever = Instant::max();

constexpr Instant instant_from_ms(std::int64_t ms) { return Instant(Duration(ms)); }
constexpr std::int64_t to_ms(Instant at) { return at.time_since_epoch().count(); }
constexpr double to_seconds(Instant at) { return static_cast<double>(to_ms(at)) / 1000.0; }
/// "2026-11-23T16:31:14.120Z", as Query protocols write timestamps.
std::string to_iso8601(Instant at);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

/// Wall time read once at construction, then advanced by the monotonic clock: steps of the system's clock move no
/// deadline and make no alarm fire.
class SteadyWallClock final : public Clock {
 public:
  SteadyWallClock();
  Instant now() const override;

 private:
  Instant start_;
  std::chrono::steady_clock::time_point steady_start_;
};

/// Stands still until told. For tests and the simulator.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Instant start = instant_from_ms(1'700'000'000'000)) : now_(start) {}
  Instant now() const override { return now_; }
  void advance(Duration by) { now_ += by; }
  void set(Instant at) { now_ = at; }

 private:
  Instant now_;
};

/// `--time-scale N`: divides the durations of control loops (alarm periods, cooldowns, warm-up, boot, health intervals,
/// bake) by N. 1 is AWS's pace. Recorded values (what the API echoes) stay unscaled.
struct Pace {
  double scale = 1.0;
  Duration operator()(Duration at_aws) const {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(at_aws) / scale);
  }
};

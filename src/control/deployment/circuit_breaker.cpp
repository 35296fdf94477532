#include "control/deployment/circuit_breaker.h"

#include <algorithm>
#include <cmath>

namespace control {

int breaker_threshold(const model::CircuitBreaker& breaker, int desired) {
  if (breaker.threshold_type == "COUNT") return std::max(1, static_cast<int>(breaker.threshold_value));
  // Less a hair before rounding up: 10 % of 30 is 3, whatever the doubles say.
  const int share = static_cast<int>(std::ceil(breaker.threshold_value * desired / 100.0 - 1e-9));
  if (breaker.threshold_type == "UNBOUNDED_PERCENT") return std::max(1, share);
  return std::clamp(share, 3, 200);
}

Duration launch_backoff(int failures) {
  constexpr Duration kFirst = seconds(10), kCap = minutes(15);
  Duration delay = kFirst;
  for (int i = 1; i < failures && delay < kCap; ++i) delay *= 2;
  return std::min(delay, kCap);
}

}  // namespace control

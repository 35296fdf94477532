// When each request is due, counted from the start of the run: one global schedule, whatever the connections do.
// Owned by the generator. The same stages, arrival and seed give the same schedule, to the nanosecond.
#pragma once

#include <optional>
#include <vector>

#include "base/random.h"
#include "load/plan.h"

namespace load {

class Schedule {
 public:
  Schedule(std::vector<Stage> stages, Arrival arrival, std::uint64_t seed);

  struct Due {
    Nanoseconds at{0};
    std::size_t stage = 0;
  };
  /// The next request, later than or together with the one before; nothing after the last.
  std::optional<Due> next();

  /// Of all stages together.
  Nanoseconds length() const { return length_; }
  /// Requests that the stages ask for: the area under the line of rates.
  double expected() const { return total_; }
  /// The rate that the stages ask for at a moment; 0 after the end.
  double rate_at(Nanoseconds at) const;
  std::size_t stage_at(Nanoseconds at) const;
  /// Requests that the stages ask for before a moment.
  double expected_before(Nanoseconds at) const;

 private:
  struct Part {
    Stage stage;
    Nanoseconds start{0};
    double first = 0;  ///< requests due before it
    double count = 0;  ///< requests due within it
  };
  static Nanoseconds offset_within(const Stage& stage, double requests);

  std::vector<Part> parts_;
  Arrival arrival_;
  Random random_;
  Nanoseconds length_{0};
  double total_ = 0;
  double position_ = 0;   ///< of the next request, in requests due before it
  std::uint64_t sent_ = 0;
  std::size_t part_ = 0;
};

}  // namespace load

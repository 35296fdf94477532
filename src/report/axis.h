// Scales of the figure: from values and moments to pixels, and the ticks a person expects. Pure.
#pragma once

#include <string>
#include <vector>

#include "report/run.h"

namespace report {

/// From 0 to a round number of at least `most` (and at least `least_top`), with 3 to 6 ticks; or in decades.
class Axis {
 public:
  static Axis linear(double most, double least_top, bool whole_numbers = false);
  /// For values of very different sizes. `least` above 0.
  static Axis decades(double least, double most);

  /// 0 at the bottom, 1 at the top; clamped.
  double share(double value) const;
  const std::vector<double>& ticks() const { return ticks_; }
  double top() const { return high_; }

 private:
  double low_ = 0, high_ = 1;
  bool logarithmic_ = false;
  std::vector<double> ticks_;
};

/// At most `most` ticks at round distances (1, 2, 5, 10, 15, 30 s, … min, … h), from 0 on.
std::vector<Duration> time_ticks(Duration length, std::size_t most);

/// "250", "1.5k", "2M": a tick of a count.
std::string number_text(double value);

}  // namespace report

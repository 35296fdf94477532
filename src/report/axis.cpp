#include "report/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace report {

namespace {

/// The least of 1, 2, 2.5, 5 × 10^n that is not below.
double round_step(double at_least) {
  const double power = std::pow(10.0, std::floor(std::log10(at_least)));
  for (const double step : {1.0, 2.0, 2.5, 5.0}) {
    if (step * power >= at_least * (1 - 1e-9)) return step * power;
  }
  return 10 * power;
}

}  // namespace

Axis Axis::linear(double most, double least_top, bool whole_numbers) {
  Axis axis;
  const bool nothing = most <= 0 && least_top <= 0;  // a line at 0 needs no millionths
  const double wanted = nothing ? 1 : std::max({most, least_top, 1e-6});
  double step = round_step(wanted / 5);
  if (whole_numbers && step < 10) step = step == 2.5 ? 5 : std::max(1.0, step);
  const auto steps = static_cast<int>(std::ceil(wanted / step - 1e-9));
  axis.high_ = step * steps;
  for (int i = 0; i <= steps; ++i) axis.ticks_.push_back(step * i);
  return axis;
}

Axis Axis::decades(double least, double most) {
  Axis axis;
  axis.logarithmic_ = true;
  const int first = static_cast<int>(std::floor(std::log10(least))), last = static_cast<int>(std::ceil(std::log10(most)));
  axis.low_ = first;
  axis.high_ = std::max(last, first + 1);
  for (int i = first; i <= static_cast<int>(axis.high_); ++i) axis.ticks_.push_back(std::pow(10.0, i));
  return axis;
}

double Axis::share(double value) const {
  const double at = logarithmic_ ? (value <= 0 ? low_ : std::log10(value)) : value;
  return std::clamp((at - low_) / (high_ - low_), 0.0, 1.0);
}

std::vector<Duration> time_ticks(Duration length, std::size_t most) {
  static const Duration kSteps[] = {seconds(1),  seconds(2),  seconds(5),  seconds(10), seconds(15), seconds(30), minutes(1), minutes(2),
                                    minutes(5),  minutes(10), minutes(15), minutes(30), hours(1),    hours(2),    hours(6),   hours(12), hours(24)};
  Duration step = *std::find_if(std::begin(kSteps), std::end(kSteps) - 1,
                                [&](Duration one) { return static_cast<std::size_t>(length / one) + 1 <= most; });
  while (static_cast<std::size_t>(length / step) + 1 > most) step *= 2;
  std::vector<Duration> ticks;
  for (Duration at{0}; at <= length; at += step) ticks.push_back(at);
  return ticks;
}

std::string number_text(double value) {
  const double size = std::abs(value);
  if (size >= 1e6) return fmt::format("{:.4g}M", value / 1e6);
  if (size >= 10000) return fmt::format("{:.4g}k", value / 1e3);
  return fmt::format("{:.4g}", value);
}

}  // namespace report

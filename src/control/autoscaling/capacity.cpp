#include "control/autoscaling/capacity.h"

#include <algorithm>
#include <cmath>

namespace control {

namespace {

// Two periods without a datapoint are a late one (sheet H: up to three minutes); more are a time that nobody measured.
constexpr int kRecentPeriods = 4;  // since the datapoint's period began

// Sheet E3: above 1 down, between 0 and 1 one, between -1 and 0 minus one, below -1 toward zero.
int rounded(double change) {
  if (change > 0 && change < 1) return 1;
  if (change < 0 && change > -1) return -1;
  return static_cast<int>(std::trunc(change));
}

// At or above the threshold the lower bound is part of the step; below it the upper one is.
bool covers(const model::StepAdjustment& step, double breach) {
  if (breach >= 0) return (!step.lower || breach >= *step.lower) && (!step.upper || breach < *step.upper);
  return (!step.lower || breach > *step.lower) && (!step.upper || breach <= *step.upper);
}

}  // namespace

int tracking_capacity(int current, double metric, double target) {
  if (current <= 0) return metric > 0 ? 1 : 0;
  // A metric that stands exactly on a multiple must not be pushed over it by the division's last bit.
  const double exact = current * metric / target;
  const double nearest = std::round(exact);
  if (std::abs(exact - nearest) < 1e-9 * std::max(1.0, exact)) return static_cast<int>(nearest);
  return static_cast<int>(std::ceil(exact));
}

std::optional<int> step_capacity(int current, const model::StepScaling& scaling, double metric, double threshold) {
  for (const model::StepAdjustment& step : scaling.steps) {
    if (!covers(step, metric - threshold)) continue;
    if (scaling.adjustment_type == "ExactCapacity") return std::max(0, step.adjustment);
    int change = step.adjustment;
    if (scaling.adjustment_type == "PercentChangeInCapacity") {
      change = rounded(current * step.adjustment / 100.0);
      const int least = scaling.minimum_magnitude.value_or(0);
      if (step.adjustment > 0) change = std::max(change, least);
      if (step.adjustment < 0) change = std::min(change, -least);
    }
    return std::max(0, current + change);
  }
  return std::nullopt;
}

bool is_recent(const Evaluation& evaluation, const model::Alarm& alarm, Pace pace) {
  const auto newest = std::ranges::find_if(evaluation.points.rbegin(), evaluation.points.rend(),
                                           [](const AlarmPoint& point) { return point.value.has_value(); });
  if (newest == evaluation.points.rend()) return evaluation.points.empty();
  return evaluation.at - newest->start < pace(seconds(alarm.period)) * kRecentPeriods;
}

}  // namespace control

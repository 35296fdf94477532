#include <fmt/format.h>

#include "control/autoscaling/capacity.h"
#include "control/autoscaling/tracking_alarms.h"
#include "control/autoscaling/wish.h"

namespace control {

namespace {

std::string formula(int running, double value, double target, int capacity) {
  if (running <= 0) return fmt::format("0 running and a datapoint of {:g}: start with {}", value, capacity);
  return fmt::format("ceil({} x {:.6g} / {:.6g}) = ceil({:.4g}) = {}", running, value, target, running * value / target,
                     capacity);
}

/// From 0 there is no load to average: one datapoint is enough, whatever the alarm says (sheet E1). One that was
/// measured while tasks ran, also those that were on their way out, is no demand: not even in ALARM does it speak.
bool wakes(const AlarmSeen& seen, const Capacity& capacity) {
  if (!seen.alarm->actions_enabled || !seen.evaluation || seen.evaluation->value.value_or(0) <= 0) return false;
  const Evaluation& evaluation = *seen.evaluation;
  if (evaluation.points.empty()) return evaluation.at >= capacity.empty_since;  // a state that was set by hand
  for (auto point = evaluation.points.rbegin(); point != evaluation.points.rend(); ++point) {
    if (point->value) return point->start >= capacity.empty_since;
  }
  return false;
}

}  // namespace

std::vector<Wish> tracking_wishes(const PolicyView& view, const Capacity& capacity, Pace pace) {
  std::vector<Wish> wishes;
  const bool at_zero = capacity.desired == 0 && capacity.running == 0;
  const model::TargetTracking& tracking = *view.policy->tracking;
  for (const AlarmSeen& seen : view.alarms) {
    const bool out = scales_out(*seen.alarm);
    if (!out && tracking.disable_scale_in) continue;
    if (out && at_zero ? !wakes(seen, capacity) : !speaks(seen, pace)) continue;
    Wish& wish = wishes.emplace_back();
    wish.policy = view.policy;
    wish.seen = seen;
    wish.direction = out ? Wish::Direction::out : Wish::Direction::in;
    wish.due = is_due(*view.policy, seen, pace);
    wish.capacity = tracking_capacity(capacity.running, *seen.evaluation->value, tracking.target_value);
    wish.cooldown_seconds = out ? tracking.scale_out_cooldown : tracking.scale_in_cooldown;
    wish.formula = formula(capacity.running, *seen.evaluation->value, tracking.target_value, wish.capacity);
  }
  return wishes;
}

}  // namespace control

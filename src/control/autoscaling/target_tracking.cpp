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

/// From 0 there is no load to average: one datapoint is enough, whatever the alarm says (sheet E1). One that was measured
/// before the last task went does not count.
bool wakes_from_zero(const AlarmSeen& seen, const Capacity& capacity, const model::ScalableTarget& target) {
  if (capacity.desired != 0 || capacity.running != 0 || !seen.evaluation || !seen.evaluation->value) return false;
  if (*seen.evaluation->value <= 0) return false;
  if (!target.last_in) return true;
  for (auto point = seen.evaluation->points.rbegin(); point != seen.evaluation->points.rend(); ++point) {
    if (point->value) return point->start >= target.last_in->at;
  }
  return false;
}

}  // namespace

std::vector<Wish> tracking_wishes(const PolicyView& view, const Capacity& capacity, const model::ScalableTarget& target,
                                  Pace pace) {
  std::vector<Wish> wishes;
  const model::TargetTracking& tracking = *view.policy->tracking;
  for (const AlarmSeen& seen : view.alarms) {
    const bool out = scales_out(*seen.alarm);
    if (!out && tracking.disable_scale_in) continue;
    const bool wakes = out && seen.alarm->actions_enabled && wakes_from_zero(seen, capacity, target);
    if (!wakes && !speaks(seen, pace)) continue;
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

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "control/autoscaling/capacity.h"
#include "control/autoscaling/wish.h"

namespace control {

namespace {

std::string bound(const std::optional<double>& value, const char* infinite) {
  return value ? fmt::format("{:g}", *value) : infinite;
}

/// "120 is 40 above the threshold 80, step [20, +inf): +3 on 4 running = 7"
std::string formula(const model::StepScaling& scaling, int running, double value, double threshold, int capacity) {
  std::string steps;
  for (const model::StepAdjustment& step : scaling.steps) {
    if (!steps.empty()) steps += ", ";
    steps += fmt::format("{}..{}: {:+}", bound(step.lower, "-inf"), bound(step.upper, "+inf"), step.adjustment);
  }
  return fmt::format("{:.6g} - {:.6g} = {:+.6g}; {} of {{{}}} on {} running = {}", value, threshold, value - threshold,
                     scaling.adjustment_type, steps, running, capacity);
}

}  // namespace

std::vector<Wish> step_wishes(const PolicyView& view, const Capacity& capacity, Pace pace) {
  std::vector<Wish> wishes;
  const model::StepScaling& scaling = *view.policy->step;
  for (const AlarmSeen& seen : view.alarms) {
    if (!speaks(seen, pace)) continue;
    const double value = *seen.evaluation->value;
    const auto wanted = step_capacity(capacity.running, scaling, value, seen.alarm->threshold);
    if (!wanted) continue;
    Wish& wish = wishes.emplace_back();
    wish.policy = view.policy;
    wish.seen = seen;
    wish.direction = *wanted < capacity.running ? Wish::Direction::in : Wish::Direction::out;
    wish.due = is_due(*view.policy, seen, pace);
    wish.capacity = *wanted;
    wish.absolute = scaling.adjustment_type == "ExactCapacity";
    wish.cooldown_seconds = scaling.cooldown;
    wish.formula = formula(scaling, capacity.running, value, seen.alarm->threshold, *wanted);
  }
  return wishes;
}

std::optional<std::string> step_problem(const model::StepScaling& scaling) {
  const std::string& type = scaling.adjustment_type;
  if (type != "ChangeInCapacity" && type != "ExactCapacity" && type != "PercentChangeInCapacity") {
    return "AdjustmentType must be ChangeInCapacity, ExactCapacity or PercentChangeInCapacity";
  }
  if (scaling.steps.empty()) return "At least one StepAdjustment must be specified";
  if (scaling.cooldown < 0) return "Cooldown must be greater than or equal to 0";
  if (scaling.minimum_magnitude && type != "PercentChangeInCapacity") {
    return "MinAdjustmentMagnitude is only valid for adjustment type PercentChangeInCapacity";
  }
  std::vector<model::StepAdjustment> steps = scaling.steps;
  const auto lower = [](const model::StepAdjustment& step) { return step.lower.value_or(-HUGE_VAL); };
  const auto upper = [](const model::StepAdjustment& step) { return step.upper.value_or(HUGE_VAL); };
  std::ranges::sort(steps, {}, lower);
  for (const model::StepAdjustment& step : steps) {
    if (!step.lower && !step.upper) return "A StepAdjustment must have a lower bound, an upper bound or both";
    if (lower(step) >= upper(step)) return "The upper bound of a StepAdjustment must be greater than its lower bound";
    if (type == "ExactCapacity" && step.adjustment < 0) return "ExactCapacity adjustments must not be negative";
  }
  for (std::size_t i = 1; i < steps.size(); ++i) {
    if (!steps[i].lower) return "At most one StepAdjustment may have an unspecified lower bound";
    if (!steps[i - 1].upper && !steps[i].upper) return "At most one StepAdjustment may have an unspecified upper bound";
    if (upper(steps[i - 1]) > lower(steps[i])) return "StepAdjustment intervals can't overlap";
    if (upper(steps[i - 1]) < lower(steps[i])) return "There can't be gaps between StepAdjustment intervals";
  }
  if (lower(steps.front()) < 0 && steps.front().lower) {
    return "A StepAdjustment with a negative lower bound needs one with an unspecified lower bound";
  }
  if (upper(steps.back()) > 0 && steps.back().upper) {
    return "A StepAdjustment with a positive upper bound needs one with an unspecified upper bound";
  }
  return std::nullopt;
}

bool speaks(const AlarmSeen& seen, Pace pace) {
  // After SetAlarmState the record says otherwise than the last evaluation: there is no datapoint to scale by.
  return seen.alarm->actions_enabled && seen.alarm->state == "ALARM" && seen.evaluation &&
         seen.evaluation->state == "ALARM" && seen.evaluation->value.has_value() &&
         is_recent(*seen.evaluation, *seen.alarm, pace);
}

bool is_due(const model::ScalingPolicy& policy, const AlarmSeen& seen, Pace pace) {
  if (!seen.evaluation || seen.evaluation->at <= policy.acted_at) return false;
  if (seen.alarm->state_transitioned_at > policy.acted_at) return true;
  // Alarms of short periods are evaluated each 10 s, but scaling actions fire each minute; the 5 s forgive a late tick.
  return seen.evaluation->at >= policy.acted_at + pace(seconds(55));
}

}  // namespace control

#include "control/autoscaling/group_scaling.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/autoscaling/capacity.h"
#include "control/autoscaling/group_details.h"
#include "control/autoscaling/tracking_alarms.h"

namespace control {
namespace {

const std::vector<std::string>& actions_of(const model::Alarm& alarm, const std::string& state) {
  if (state == "ALARM") return alarm.alarm_actions;
  return state == "OK" ? alarm.ok_actions : alarm.insufficient_data_actions;
}

/// When the period of the newest datapoint ended: an instance that was warm by then is in the metric (sheet F). A state
/// that was set by hand has no datapoints and is of now.
Instant measured_until(const Evaluation& seen, const model::Alarm& alarm, Instant now, Pace pace) {
  const auto newest = std::ranges::find_if(seen.points.rbegin(), seen.points.rend(),
                                           [](const AlarmPoint& point) { return point.value.has_value(); });
  if (newest == seen.points.rend()) return now;
  return std::min(now, newest->start + pace(seconds(alarm.period)));
}

class ScalingPass {
 public:
  ScalingPass(const GroupScalingView& view, Instant now, Pace pace)
      : view_(view), now_(now), pace_(pace), group_(*view.group) {}

  GroupScalingDecision run() {
    settle_cooldown();
    if (group_.status.empty() && !group_.suspended.contains("AlarmNotification")) decide();
    return std::move(decision_);
  }

 private:
  // The cooldown of a simple policy starts when the activity it caused is over.
  void settle_cooldown() {
    if (!group_.cooldown_after || !settled()) return;
    group_.cooldown_until = now_ + pace_(seconds(*group_.cooldown_after));
    group_.cooldown_after.reset();
    decision_.record = group_;
  }
  /// As many are there as are wanted, or more of them because all are protected, and none comes or goes.
  bool settled() const {
    int there = 0, may_go = 0;
    for (const model::Instance* one : view_.instances) {
      if (one->lifecycle_state.starts_with("Pending") || one->lifecycle_state.starts_with("Terminating")) return false;
      if (one->lifecycle_state != "InService") continue;
      ++there;
      may_go += !one->protected_from_scale_in;
    }
    return there == group_.desired_capacity || (there > group_.desired_capacity && may_go == 0);
  }

  void decide() {
    std::vector<Proposal> proposals;
    for (const GroupPolicyView& policy : view_.policies) {
      if (policy.policy->enabled) propose(policy, proposals);
    }
    const Proposal* winner = choose(proposals);
    if (winner == nullptr) return;
    const int to = std::clamp(winner->wanted, group_.min_size, group_.max_size);
    if (to == group_.desired_capacity) return;
    apply(*winner, proposals, to);
  }

  void propose(const GroupPolicyView& view, std::vector<Proposal>& proposals) const {
    const model::ScalingPolicy& policy = *view.policy;
    for (const PolicyAlarm& trigger : view.alarms) {
      if (trigger.evaluation == nullptr || !trigger.alarm->actions_enabled || !trigger.evaluation->value) continue;
      const Evaluation& seen = *trigger.evaluation;
      if (!is_recent(seen, *trigger.alarm, pace_)) continue;
      const auto& actions = actions_of(*trigger.alarm, seen.state);
      if (std::ranges::find(actions, policy.arn) == actions.end()) continue;
      Proposal proposal{.policy = &policy, .alarm = trigger.alarm, .evaluation = &seen, .fresh = seen.at > policy.acted_at};
      proposal.at = capacities(view_, &policy, measured_until(seen, *trigger.alarm, now_, pace_), pace_);
      if (policy.tracking) track(proposal);
      if (policy.step) adjust(proposal);
      if (proposal.kind != Proposal::Kind::none) proposals.push_back(std::move(proposal));
    }
  }

  void track(Proposal& proposal) const {
    const double metric = *proposal.evaluation->value, target = proposal.policy->tracking->target_value;
    const Capacities& at = proposal.at;
    const bool in = !scales_out(*proposal.alarm);
    const bool managed = is_managed(*proposal.policy);
    proposal.base = in ? at.desired + at.terminating : at.desired - at.warming;
    // What a capacity provider reserves is measured over all instances InService, warm or not, and none that drains.
    // Sheet G: from none come two.
    if (managed) proposal.base = in ? at.desired : std::max(at.desired, 1);
    proposal.computed = tracking_capacity(proposal.base, metric, target);
    proposal.formula = fmt::format("ceil({} * {:.6g} / {:.6g}) = {}", proposal.base, metric, target, proposal.computed);
    settle(proposal, in);
    // Sheet G: a step out waits until the one before it is warm; a step in takes at least one and at most half.
    if (managed && !in && at.warming > 0) proposal.wanted = at.desired;
    if (managed && in) proposal.wanted = std::max(proposal.wanted, at.desired - std::max(1, at.desired / 2));
  }

  void adjust(Proposal& proposal) const {
    const model::ScalingPolicy& policy = *proposal.policy;
    const bool simple = policy.type == "SimpleScaling";
    if (simple && (cools_down(group_, now_) || !settled() || !proposal.fresh)) return;
    const std::optional<int> wanted =
        adjusted(proposal.at, *policy.step, *proposal.evaluation->value, proposal.alarm->threshold);
    if (!wanted) return;
    const bool in = *wanted < proposal.at.desired;
    proposal.base = in ? proposal.at.desired + proposal.at.terminating : proposal.at.desired - proposal.at.warming;
    proposal.computed = *wanted;
    proposal.formula = fmt::format("{} of {}: {}", policy.step->adjustment_type, proposal.base, *wanted);
    settle(proposal, in);
  }

  // An evaluation that was acted upon holds what it led to, but asks for nothing more.
  void settle(Proposal& proposal, bool in) const {
    proposal.kind = in ? Proposal::Kind::in : Proposal::Kind::out;
    const int desired = proposal.at.desired;
    if (in) {
      proposal.wanted = proposal.at.warming > 0 ? desired : std::min(desired, proposal.computed);
    } else {
      proposal.wanted = proposal.fresh ? std::max(desired, proposal.computed) : desired;
    }
  }

  /// The largest of those that want out; else the largest of those that want in, when every target tracking policy agrees
  /// and no policy is in want of more.
  const Proposal* choose(const std::vector<Proposal>& proposals) const {
    const Proposal* largest = nullptr;
    bool any_out = false;
    for (const Proposal& one : proposals) {
      any_out = any_out || one.kind == Proposal::Kind::out;
      if (largest == nullptr || one.wanted > largest->wanted) largest = &one;
    }
    if (largest == nullptr || largest->wanted > group_.desired_capacity) return largest;
    if (any_out || largest->wanted == group_.desired_capacity) return nullptr;
    if (std::ranges::none_of(proposals, &Proposal::fresh)) return nullptr;
    const bool tracked = std::ranges::any_of(proposals, [](const Proposal& one) { return one.policy->tracking.has_value(); });
    if (!tracked || all_trackers_agree(proposals)) return largest;
    // Step policies take away on their own: target tracking does not hold them.
    largest = nullptr;
    for (const Proposal& one : proposals) {
      if (one.policy->tracking) continue;
      if (largest == nullptr || one.wanted > largest->wanted) largest = &one;
    }
    return largest;
  }
  bool all_trackers_agree(const std::vector<Proposal>& proposals) const {
    return std::ranges::all_of(view_.policies, [&](const GroupPolicyView& view) {
      const model::ScalingPolicy& policy = *view.policy;
      if (!policy.enabled || !policy.tracking || policy.tracking->disable_scale_in) return true;
      return std::ranges::any_of(proposals, [&](const Proposal& one) {
        return one.policy == &policy && one.kind == Proposal::Kind::in;
      });
    });
  }

  void apply(const Proposal& winner, const std::vector<Proposal>& proposals, int to) {
    const int from = group_.desired_capacity;
    group_.desired_capacity = to;
    group_.last_cause = cause_alarm(winner.alarm->name, winner.evaluation->state, winner.policy->name, from, to);
    group_.last_details = group_details(group_, winner, proposals, {.from = from, .to = to, .now = now_});
    if (winner.policy->type == "SimpleScaling") group_.cooldown_after = cooldown_of(*winner.policy, group_);
    decision_.record = group_;
    for (const GroupPolicyView& view : view_.policies) {
      Instant newest = view.policy->acted_at;
      for (const Proposal& one : proposals) {
        if (one.policy == view.policy) newest = std::max(newest, one.evaluation->at);
      }
      if (newest == view.policy->acted_at) continue;
      decision_.policies.push_back(*view.policy);
      decision_.policies.back().acted_at = newest;
    }
  }

  const GroupScalingView& view_;
  const Instant now_;
  const Pace pace_;
  model::AutoScalingGroup group_;
  GroupScalingDecision decision_;
};

}  // namespace

GroupScalingDecision scale_group(const GroupScalingView& view, Instant now, Pace pace) {
  return ScalingPass(view, now, pace).run();
}

int instance_warmup(const model::AutoScalingGroup& group, const model::ScalingPolicy* policy) {
  if (policy != nullptr && policy->estimated_warmup) return *policy->estimated_warmup;
  return group.default_instance_warmup.value_or(group.default_cooldown);
}

bool is_warming(const model::Instance& instance, int warmup, Instant now, Pace pace) {
  if (instance.lifecycle_state.starts_with("Pending")) return true;
  return instance.lifecycle_state == "InService" && instance.in_service_at &&
         now < *instance.in_service_at + pace(seconds(warmup));
}

Capacities capacities(const GroupScalingView& view, const model::ScalingPolicy* policy, Instant now, Pace pace) {
  Capacities at{.desired = view.group->desired_capacity};
  if (policy != nullptr && policy->type == "SimpleScaling") return at;  // it has a cooldown instead
  const int warmup = instance_warmup(*view.group, policy);
  for (const model::Instance* one : view.instances) {
    at.warming += is_warming(*one, warmup, now, pace);
    at.terminating += one->lifecycle_state.starts_with("Terminating");
  }
  at.warming = std::min(at.warming, at.desired);
  return at;
}

std::optional<int> adjusted(const Capacities& at, const model::StepScaling& step, double metric, double threshold) {
  const std::optional<int> plain = step_capacity(at.desired, step, metric, threshold);
  if (!plain || *plain == at.desired) return std::nullopt;
  const int base = *plain > at.desired ? at.desired - at.warming : at.desired + at.terminating;
  const std::optional<int> wanted = step_capacity(base, step, metric, threshold);
  if (!wanted) return std::nullopt;
  return *plain > at.desired ? std::max(at.desired, *wanted) : std::min(at.desired, *wanted);
}

bool is_managed(const model::ScalingPolicy& policy) { return policy.name.starts_with(kManagedPolicy); }

int cooldown_of(const model::ScalingPolicy& policy, const model::AutoScalingGroup& group) {
  return policy.step && policy.step->cooldown >= 0 ? policy.step->cooldown : group.default_cooldown;
}

bool cools_down(const model::AutoScalingGroup& group, Instant now) {
  return group.cooldown_after.has_value() || now < group.cooldown_until;
}

std::string cause_alarm(const std::string& alarm, const std::string& state, const std::string& policy, int from, int to) {
  return fmt::format("a monitor alarm {} in state {} triggered policy {} changing the desired capacity from {} to {}.",
                     alarm, state, policy, from, to);
}
std::string cause_executed(const std::string& policy, int from, int to) {
  return fmt::format("a user request executed policy {} changing the desired capacity from {} to {}.", policy, from, to);
}

}  // namespace control

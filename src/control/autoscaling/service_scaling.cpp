#include "control/autoscaling/service_scaling.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "control/autoscaling/decision_details.h"
#include "control/autoscaling/scaling_choice.h"
#include "control/autoscaling/schedule.h"

namespace control {

namespace {

/// One look at a target. Each step sees what the one before it decided.
class Pass {
 public:
  Pass(const TargetView& view, Instant now, Pace pace, Random& random)
      : view_(view), now_(now), pace_(pace), random_(random), target_(*view.target) {
    if (view.service) desired_ = view.service->desired_count;
  }

  TargetDecision decide() {
    for (const model::TargetActivity* activity : view_.in_progress) follow(*activity);
    for (const ScheduleView& schedule : view_.schedules) run(schedule);
    if (view_.service) ask_policies();
    if (target_changed_) out_.target = std::move(target_);
    if (view_.service && desired_ != view_.service->desired_count) out_.desired_count = desired_;
    return std::move(out_);
  }

 private:
  void end(model::TargetActivity activity, const char* status, std::string message) {
    activity.status = status;
    activity.status_message = std::move(message);
    activity.end = now_;
    out_.activities.push_back(std::move(activity));
  }

  /// A change of desired count is over when the service has that many running, or wants another number.
  void follow(const model::TargetActivity& activity) {
    const int wanted = activity.desired_count.value_or(0);
    const std::string set = fmt::format("Successfully set desired count to {}.", wanted);
    if (!view_.service) return end(activity, "Failed", set + " The service is gone.");
    if (desired_ != wanted) {
      return end(activity, "Overridden", fmt::format("{} Found it was later changed to {}.", set, desired_));
    }
    if (view_.running == wanted) {
      start_cooldown_again(activity);
      return end(activity, "Successful", set + " Change successfully fulfilled by ecs.");
    }
    const Instant given_up = activity.start + pace_(kUnfulfilledAfter);
    if (given_up <= now_) return end(activity, "Unfulfilled", set + " The change was not fulfilled by ecs in time.");
    out_.next_deadline = std::min(out_.next_deadline, given_up);
  }

  /// A cooldown counts from the end of its scaling activity (sheet E2); until then it counted from the decision.
  void start_cooldown_again(const model::TargetActivity& activity) {
    for (auto* last : {&target_.last_out, &target_.last_in}) {
      if (!*last || (*last)->at != activity.start || (*last)->cooldown_until <= (*last)->at) continue;
      (*last)->cooldown_until += now_ - (*last)->at;
      target_changed_ = true;
    }
  }

  void run(const ScheduleView& schedule) {
    if (!schedule.zone) return;
    const DueSchedule due = due_schedule(*schedule.action, *schedule.zone, now_, pace_);
    out_.next_deadline = std::min(out_.next_deadline, due.next);
    if (!due.at) return;
    model::ScheduledAction& action = out_.schedules.emplace_back(*schedule.action);
    action.last_run = now_;
    if (target_.scheduled_suspended) return;  // what was missed while suspended is not made up for
    const model::ScalableTarget before = target_;
    std::string set;
    if (action.min_capacity) {
      target_.min_capacity = *action.min_capacity;
      set = fmt::format("min capacity to {}", target_.min_capacity);
    }
    if (action.max_capacity) {
      target_.max_capacity = *action.max_capacity;
      set += fmt::format("{}max capacity to {}", set.empty() ? "" : " and ", target_.max_capacity);
    }
    // One bound alone may cross the other: AWS moves that one along, so that min <= max holds.
    if (target_.min_capacity > target_.max_capacity) {
      (action.min_capacity ? target_.max_capacity : target_.min_capacity) =
          action.min_capacity ? target_.min_capacity : target_.max_capacity;
    }
    target_changed_ = true;
    model::TargetActivity activity = new_activity("Setting " + set);
    activity.cause = fmt::format("scheduled action name {} was triggered", action.name);
    activity.details = details_of_schedule(action, *due.at, before, target_);
    end(std::move(activity), "Successful", "Successfully set " + set);
    if (!view_.service) return;
    if (const auto move = move_into_bounds(target_, desired_)) {
      set_desired(move->count, move->cause, details_of_bounds(target_, desired_, move->count, move->cause));
    }
  }

  void ask_policies() {
    const Instant scaled_in = target_.last_in ? target_.last_in->at : Instant{};
    const Capacity capacity{.running = view_.running,
                            .desired = desired_,
                            .empty_since = std::max(view_.empty_since, scaled_in)};
    // From 0 a datapoint is enough, which fires no alarm: look again each minute.
    const bool sleeps = desired_ == 0 && target_.max_capacity > 0 && !view_.policies.empty();
    if (sleeps) out_.next_deadline = std::min(out_.next_deadline, now_ + pace_(minutes(1)));
    const ScalingChoice choice = choose(view_, target_, capacity, now_, pace_);
    for (const model::ScalingPolicy* policy : choice.acted) {
      model::ScalingPolicy& record = out_.policies.emplace_back(*policy);
      record.acted_at = now_;
    }
    if (!choice.winner) return;
    const Wish& winner = *choice.winner;
    const bool scales = choice.not_scaled_reason.empty();
    const DecisionTrail trail{.decision = !scales ? "not scaled" : choice.out ? "scale out" : "scale in",
                              .capacity = capacity,
                              .target = target_,
                              .wishes = choice.wishes,
                              .winner = choice.winner,
                              .wanted = winner.capacity,
                              .result = choice.count,
                              .cooldown = choice.cooldown,
                              .clamp = choice.clamp,
                              .reason = choice.explanation};
    std::string cause = fmt::format("monitor alarm {} in state {} triggered policy {}", winner.seen.alarm->name,
                                    winner.seen.evaluation->state, winner.policy->name);
    std::string details = details_of(trail, now_);
    if (!scales) return not_scaled(choice, std::move(cause), std::move(details));
    remember(choice, winner);
    set_desired(choice.count, std::move(cause), std::move(details));
  }

  void remember(const ScalingChoice& choice, const Wish& winner) {
    if (choice.into_bounds) return;  // the bound's move is no scaling of the policy: its cooldown does not begin
    model::LastScaling last;
    last.at = now_;
    last.cooldown_until = now_ + pace_(seconds(winner.cooldown_seconds));
    if (choice.out) {
      last.change = choice.added;
      target_.last_out = last;
      target_.last_in.reset();  // a scale-out ends the scale-in's cooldown
    } else {
      last.change = desired_ - choice.count;
      target_.last_in = last;
      target_.last_out.reset();  // what it had added is no longer all there
    }
    target_changed_ = true;
  }

  /// The same refusal is not written again each minute: only when something else has happened since.
  void not_scaled(const ScalingChoice& choice, std::string cause, std::string details) {
    const model::TargetActivity* newest = view_.newest;
    if (out_.activities.empty() && newest && newest->not_scaled_reason == choice.not_scaled_reason &&
        newest->cause == cause) {
      return;
    }
    model::TargetActivity activity = new_activity("Attempting to scale due to alarm triggered");
    activity.cause = std::move(cause);
    activity.details = std::move(details);
    activity.not_scaled_reason = choice.not_scaled_reason;
    activity.not_scaled_current = desired_;
    if (choice.not_scaled_reason == not_scaled::kAtMax) activity.not_scaled_limit = target_.max_capacity;
    if (choice.not_scaled_reason == not_scaled::kAtMin) activity.not_scaled_limit = target_.min_capacity;
    end(std::move(activity), "Failed", choice.explanation);
  }

  void set_desired(int count, std::string cause, std::string details) {
    desired_ = count;
    model::TargetActivity activity = setting_desired_count(target_.key(), count, std::move(cause), now_, random_);
    activity.details = std::move(details);
    out_.next_deadline = std::min(out_.next_deadline, now_ + pace_(kUnfulfilledAfter));
    out_.activities.push_back(std::move(activity));
  }

  model::TargetActivity new_activity(std::string description) {
    model::TargetActivity activity;
    activity.id = random_.uuid();
    activity.target = target_.key();
    activity.description = std::move(description);
    activity.start = now_;
    return activity;
  }

  const TargetView& view_;
  const Instant now_;
  const Pace pace_;
  Random& random_;
  model::ScalableTarget target_;
  bool target_changed_ = false;
  int desired_ = 0;
  TargetDecision out_;
};

}  // namespace

TargetDecision scale_service(const TargetView& view, Instant now, Pace pace, Random& random) {
  return Pass(view, now, pace, random).decide();
}

model::TargetActivity setting_desired_count(const std::string& target, int count, std::string cause, Instant now,
                                            Random& random) {
  model::TargetActivity activity;
  activity.id = random.uuid();
  activity.target = target;
  activity.description = fmt::format("Setting desired count to {}.", count);
  activity.cause = std::move(cause);
  activity.status_message =
      fmt::format("Successfully set desired count to {}. Waiting for change to be fulfilled by ecs.", count);
  activity.desired_count = count;
  activity.start = now;
  return activity;
}

std::optional<BoundsMove> move_into_bounds(const model::ScalableTarget& target, int count) {
  if (count < target.min_capacity) {
    return BoundsMove{target.min_capacity, fmt::format("minimum capacity was set to {}", target.min_capacity)};
  }
  if (count > target.max_capacity) {
    return BoundsMove{target.max_capacity, fmt::format("maximum capacity was set to {}", target.max_capacity)};
  }
  return std::nullopt;
}

bool deployment_in_progress(const model::Service& service) {
  return std::ranges::any_of(service.deployments, [](const model::Deployment& deployment) {
    return deployment.status == "PRIMARY" && deployment.rollout_state == "IN_PROGRESS";
  });
}

}  // namespace control

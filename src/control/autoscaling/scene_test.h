// One scalable target on a virtual clock, for the tests of service scaling: alarms are set by hand, tasks follow at once
// or when told to, and what was decided is applied as the engine does it.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "control/autoscaling/service_scaling.h"

namespace control::scaling_test {

class Scene {
 public:
  Scene(int running, int min, int max) {
    target.resource_id = "service/c/web";
    target.min_capacity = min;
    target.max_capacity = max;
    service.cluster = "c";
    service.name = "web";
    service.desired_count = this->running = running;
    service.deployments.push_back({.id = "ecs-svc/1", .rollout_state = "COMPLETED"});
  }

  model::ScalingPolicy& track(const std::string& name, double value, int cooldown = 300) {
    model::ScalingPolicy& policy = policies[name];
    policy.name = policy.arn = name;
    policy.type = "TargetTrackingScaling";
    policy.tracking =
        model::TargetTracking{.target_value = value, .scale_out_cooldown = cooldown, .scale_in_cooldown = cooldown};
    add_alarm(name, name + "-AlarmHigh", "GreaterThanThreshold", value);
    add_alarm(name, name + "-AlarmLow", "LessThanThreshold", value * 9 / 10);
    return policy;
  }
  model::ScalingPolicy& step(const std::string& name, double threshold, const std::string& comparison,
                             model::StepScaling scaling) {
    model::ScalingPolicy& policy = policies[name];
    policy.name = policy.arn = name;
    policy.type = "StepScaling";
    policy.step = std::move(scaling);
    add_alarm(name, name + "-alarm", comparison, threshold);
    return policy;
  }

  /// The alarm is evaluated now, with this datapoint.
  void evaluate(const std::string& alarm, const std::string& state, std::optional<double> value) {
    if (alarms[alarm].state != state) alarms[alarm].state_transitioned_at = now;
    alarms[alarm].state = state;
    evaluations[alarm] = {.at = now,
                          .state = state,
                          .value = value,
                          .points = {{.start = now - pace(minutes(1)), .value = value}},
                          .breaching = 1,
                          .needed = 1};
  }
  void high(const std::string& policy, double value) {
    evaluate(policy + "-AlarmHigh", "ALARM", value);
    evaluate(policy + "-AlarmLow", "OK", value);
  }
  void low(const std::string& policy, double value) {
    evaluate(policy + "-AlarmHigh", "OK", value);
    evaluate(policy + "-AlarmLow", "ALARM", value);
  }
  void calm(const std::string& policy, double value) {
    evaluate(policy + "-AlarmHigh", "OK", value);
    evaluate(policy + "-AlarmLow", "OK", value);
  }
  void no_data(const std::string& policy) {
    evaluate(policy + "-AlarmHigh", "INSUFFICIENT_DATA", std::nullopt);
    evaluate(policy + "-AlarmLow", "INSUFFICIENT_DATA", std::nullopt);
  }

  TargetView view() const {
    TargetView view;
    view.target = &target;
    for (const auto& [name, policy] : policies) {
      PolicyView& seen = view.policies.emplace_back();
      seen.policy = &policy;
      for (const std::string& alarm : policy.alarms) {
        const auto evaluation = evaluations.find(alarm);
        seen.alarms.push_back({&alarms.at(alarm), evaluation == evaluations.end() ? nullptr : &evaluation->second});
      }
    }
    for (const auto& [name, action] : schedules) view.schedules.push_back({&action, &zone});
    view.service = service_there ? &service : nullptr;
    view.running = running;
    view.empty_since = empty_since;
    for (const model::TargetActivity& activity : activities) {
      if (!activity.end) view.in_progress.push_back(&activity);
    }
    if (!activities.empty()) view.newest = &activities.back();
    return view;
  }

  /// One pass, applied; tasks do not follow.
  TargetDecision decide() {
    TargetDecision decision = scale_service(view(), now, pace, random);
    if (decision.desired_count) service.desired_count = *decision.desired_count;
    if (decision.target) target = *decision.target;
    for (const auto& policy : decision.policies) policies[policy.name] = policy;
    for (const auto& action : decision.schedules) schedules[action.name] = action;
    for (const auto& activity : decision.activities) {
      const auto present = std::ranges::find(activities, activity.id, &model::TargetActivity::id);
      if (present != activities.end()) *present = activity; else activities.push_back(activity);
    }
    return decision;
  }
  /// Passes until nothing is left to decide, as the engine's tick does.
  void settle() {
    for (int i = 0; i < 10; ++i) {
      const TargetDecision decision = decide();
      if (!decision.desired_count && !decision.target && decision.policies.empty() && decision.schedules.empty() &&
          decision.activities.empty()) {
        return;
      }
    }
    FAIL("scaling does not settle");
  }
  /// Tasks are as many as wanted.
  void follow() {
    running = service.desired_count;
    if (running == 0) empty_since = now;
    settle();
  }
  int desired() const { return service.desired_count; }
  const model::TargetActivity& last() const {
    REQUIRE_FALSE(activities.empty());
    return activities.back();
  }
  std::string last_reason() const { return last().not_scaled_reason; }

  Instant now = instant_from_ms(1'700'000'000'000);
  Pace pace;
  Random random{3};
  model::ScalableTarget target;
  model::Service service;
  bool service_there = true;
  int running = 0;
  Instant empty_since{};
  TimeZone zone;
  std::map<std::string, model::ScalingPolicy> policies;
  std::map<std::string, model::Alarm> alarms;
  std::map<std::string, Evaluation> evaluations;
  std::map<std::string, model::ScheduledAction> schedules;
  std::vector<model::TargetActivity> activities;

 private:
  void add_alarm(const std::string& policy, const std::string& name, const std::string& comparison, double threshold) {
    model::Alarm& alarm = alarms[name];
    alarm.name = name;
    alarm.comparison = comparison;
    alarm.threshold = threshold;
    alarm.metric = {"AWS/ECS", "CPUUtilization", {}};
    policies[policy].alarms.push_back(name);
  }
};

}  // namespace control::scaling_test

// Scalable targets: builds what service scaling needs to see, writes what it decided. The service's scheduler does the
// rest: a new desired count is no new deployment.
#include <algorithm>
#include <tuple>

#include "base/log.h"
#include "control/autoscaling/service_scaling.h"
#include "control/autoscaling/tracking_alarms.h"
#include "engine/engine.h"

namespace engine {

namespace {

// AWS keeps six weeks. A count besides bounds memory; what was not done must not push out what was.
constexpr Duration kKeepActivities = hours(24 * 42);
constexpr std::size_t kMaxChanges = 200, kMaxRefusals = 100;

/// Whether a started before b; of one instant, the change of count comes after what set it off.
bool before(const model::TargetActivity* a, const model::TargetActivity* b) {
  return std::tuple(a->start, a->desired_count.has_value(), a->id) <
         std::tuple(b->start, b->desired_count.has_value(), b->id);
}

/// When the last of the service's tasks stopped; kNever: one has not. Records of them outlast what alarms look back to.
Instant empty_since(const state::State& state, const std::string& service_key) {
  Instant since{};
  for (const std::string& id : state.tasks_by_service.keys(service_key)) {
    const model::Task& task = *state.tasks.find(id);
    if (!task.stopped()) return kNever;
    since = std::max(since, task.stopped_at.value_or(task.created_at));
  }
  return since;
}

std::string target_of_service(const std::string& service_key) {
  model::ScalableTarget target;
  target.resource_id = "service/" + service_key;
  return target.key();
}

}  // namespace

/// Records of the scaling APIs that changed: their target is looked at.
void Engine::collect_scaling_changes() {
  dirty_.scalable_targets.merge(state_.scalable_targets.take_changed());
  for (const std::string& arn : state_.scaling_policies.take_changed()) {
    const model::ScalingPolicy* policy = state_.scaling_policies.find(arn);
    if (!policy) continue;
    if (!policy->target.empty()) dirty_.scalable_targets.insert(policy->target);
    if (!policy->group.empty()) dirty_.groups.insert(policy->group);
  }
  for (const std::string& arn : state_.scheduled_actions.take_changed()) {
    const model::ScheduledAction* action = state_.scheduled_actions.find(arn);
    if (!action) continue;
    if (!action->target.empty()) dirty_.scalable_targets.insert(action->target);
    if (!action->group.empty()) dirty_.groups.insert(action->group);
  }
  for (const std::string& id : state_.target_activities.take_changed()) {
    const model::TargetActivity* activity = state_.target_activities.find(id);
    if (activity && !activity->end) dirty_.scalable_targets.insert(activity->target);
  }
}

/// A service that changed may fulfil an activity in progress. One at 0 wakes by a datapoint that fires no alarm.
void Engine::service_of_target_changed(const std::string& service_key) {
  const model::Service* service = state_.services.find(service_key);
  const bool sleeps = service && service->desired_count == 0;
  if (!sleeps && targets_in_motion_.empty()) return;
  const std::string target = target_of_service(service_key);
  if (sleeps || targets_in_motion_.contains(target)) dirty_.scalable_targets.insert(target);
}

int Engine::running_tasks(const std::string& service_key) const {
  int running = 0;
  for (const std::string& id : state_.tasks_by_service.keys(service_key)) {
    const model::Task* task = state_.tasks.find(id);
    if (task->wanted() && task->last_status == "RUNNING") ++running;
  }
  return running;
}

control::AlarmSeen Engine::seen_alarm(const model::Alarm& alarm) const {
  const auto evaluation = evaluations_.find(alarm.name);
  return {&alarm, evaluation == evaluations_.end() ? nullptr : &evaluation->second};
}

control::PolicyView Engine::policy_view(const model::ScalingPolicy& policy) const {
  control::PolicyView view;
  view.policy = &policy;
  for (const std::string& name : policy.alarms) {
    if (const model::Alarm* alarm = state_.alarms.find(name)) view.alarms.push_back(seen_alarm(*alarm));
  }
  if (!policy.step) return view;
  for (const std::string& name : state_.alarms_by_policy.keys(policy.arn)) {
    const model::Alarm& alarm = *state_.alarms.find(name);
    // Step scaling acts on ALARM alone: an OK action that names the policy is no reason.
    const bool triggers = std::ranges::any_of(alarm.alarm_actions, [&](const std::string& action) {
      return control::policy_of_action(action) == policy.arn;
    });
    if (triggers) view.alarms.push_back(seen_alarm(alarm));
  }
  return view;
}

const TimeZone* Engine::zone_of(const std::string& name) {
  const auto found = zones_.find(name);
  if (found != zones_.end()) return found->second ? &*found->second : nullptr;
  const auto zone = load_time_zone(name);
  if (!zone) log_error("a scheduled action cannot run: {}", zone.error().message);
  auto& kept = zones_[name];
  if (zone) kept = *zone;
  return kept ? &*kept : nullptr;
}

void Engine::decide_scalable_target(const std::string& key, Instant now) {
  const model::ScalableTarget* target = state_.scalable_targets.find(key);
  if (!target) {
    scaling_deadlines_.set(key, kNever);
    targets_in_motion_.erase(key);
    return;
  }
  control::TargetView view;
  view.target = target;
  for (const std::string& arn : state_.policies_by_target.keys(key)) {
    view.policies.push_back(policy_view(*state_.scaling_policies.find(arn)));
  }
  for (const std::string& arn : state_.scheduled_actions_by_target.keys(key)) {
    const model::ScheduledAction* action = state_.scheduled_actions.find(arn);
    view.schedules.push_back({action, zone_of(action->timezone)});
  }
  const std::string service_key = target->service_key();
  view.service = state_.services.find(service_key);
  if (view.service && view.service->status != "ACTIVE") view.service = nullptr;
  if (view.service) view.running = running_tasks(service_key);
  if (view.service && view.service->desired_count == 0) view.empty_since = empty_since(state_, service_key);
  for (const std::string& id : state_.activities_by_target.keys(key)) {
    const model::TargetActivity* activity = state_.target_activities.find(id);
    if (!activity->end) view.in_progress.push_back(activity);
    if (!view.newest || before(view.newest, activity)) view.newest = activity;
  }
  std::ranges::sort(view.in_progress, before);

  control::TargetDecision decision = control::scale_service(view, now, settings_.pace, random_);
  if (decision.desired_count) {
    state_.services.update(service_key,
                           [&](model::Service& service) { service.desired_count = *decision.desired_count; });
  }
  if (decision.target) state_.scalable_targets.put(*std::move(decision.target));
  for (model::ScalingPolicy& policy : decision.policies) state_.scaling_policies.put(std::move(policy));
  for (model::ScheduledAction& action : decision.schedules) state_.scheduled_actions.put(std::move(action));
  const bool wrote = !decision.activities.empty();
  for (model::TargetActivity& activity : decision.activities) state_.target_activities.put(std::move(activity));
  if (wrote) drop_old_target_activities(key, now);
  note_motion(key);
  scaling_deadlines_.set(key, decision.next_deadline);
}

void Engine::note_motion(const std::string& target) {
  const std::set<std::string>& ids = state_.activities_by_target.keys(target);
  const bool moves =
      std::ranges::any_of(ids, [&](const std::string& id) { return !state_.target_activities.find(id)->end; });
  if (moves) targets_in_motion_.insert(target); else targets_in_motion_.erase(target);
}

void Engine::drop_old_target_activities(const std::string& target, Instant now) {
  std::vector<const model::TargetActivity*> changes, refusals;
  for (const std::string& id : state_.activities_by_target.keys(target)) {
    const model::TargetActivity* activity = state_.target_activities.find(id);
    (activity->not_scaled_reason.empty() ? changes : refusals).push_back(activity);
  }
  std::vector<std::string> old;
  const auto collect = [&](std::vector<const model::TargetActivity*>& activities, std::size_t most) {
    std::ranges::sort(activities, before);
    for (std::size_t i = 0; i < activities.size(); ++i) {
      const bool too_many = activities.size() - i > most, too_old = activities[i]->start + kKeepActivities < now;
      if (activities[i]->end && (too_many || too_old)) old.push_back(activities[i]->id);
    }
  };
  collect(changes, kMaxChanges);
  collect(refusals, kMaxRefusals);
  for (const std::string& id : old) state_.target_activities.erase(id);
}

}  // namespace engine

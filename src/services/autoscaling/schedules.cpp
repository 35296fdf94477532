// Scheduled actions of groups; control/autoscaling/group_schedule.h runs them.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/time_zone.h"
#include "control/autoscaling/schedule.h"
#include "services/autoscaling/group_settings.h"
#include "services/autoscaling/handlers.h"
#include "services/autoscaling/lookup.h"

namespace services::autoscaling {

namespace {

constexpr std::size_t kMostSchedules = 125;  // of a group (AWS's quota)
constexpr std::size_t kMostInBatch = 50;
constexpr const char* kUtc = "Etc/UTC";

const model::ScheduledAction* find_schedule(const Context& context, const std::string& group, const std::string& name) {
  for (const std::string& arn : context.state.scheduled_actions_by_group.keys(group)) {
    const model::ScheduledAction* action = context.state.scheduled_actions.find(arn);
    if (action->name == name || arn == name) return action;
  }
  return nullptr;
}

Error unknown_schedule(const std::string& name) {
  return {"ValidationError", fmt::format("Scheduled action name not found - Scheduled action '{}' not found", name)};
}

Result<void> check_capacities(const model::ScheduledAction& action) {
  if (!action.min_capacity && !action.max_capacity && !action.desired_capacity) {
    return fail("ValidationError", "At least one of MinSize, MaxSize and DesiredCapacity must be specified.");
  }
  for (const auto& given : {action.min_capacity, action.max_capacity, action.desired_capacity}) {
    if (given && *given < 0) return fail("ValidationError", "MinSize, MaxSize and DesiredCapacity must not be negative.");
  }
  if (action.min_capacity && action.max_capacity) TRY_VOID(check_sizes(*action.min_capacity, *action.max_capacity));
  if (!action.desired_capacity) return {};
  const int least = action.min_capacity.value_or(0), most = action.max_capacity.value_or(*action.desired_capacity);
  if (*action.desired_capacity < least || *action.desired_capacity > most) {
    return fail("ValidationError", fmt::format("Desired capacity:{} must be between the specified min size:{} and max "
                                               "size:{}",
                                               *action.desired_capacity, least, most));
  }
  return {};
}

Result<void> check_times(const Context& context, const model::ScheduledAction& action, bool new_start) {
  if (action.schedule.empty() && !action.start) {
    return fail("ValidationError", "Either StartTime or Recurrence must be specified.");
  }
  if (new_start && *action.start < context.now) return fail("ValidationError", "Given start time is in the past");
  if (action.end && *action.end < context.now) return fail("ValidationError", "Given end time is in the past");
  if (action.start && action.end && *action.end <= *action.start) {
    return fail("ValidationError", "Given end time is not after the start time");
  }
  if (!action.schedule.empty()) {
    const auto recurrence = control::parse_recurrence(action.schedule);
    if (!recurrence) return fail("ValidationError", recurrence.error().message);
  }
  const auto zone = load_time_zone(action.timezone);
  if (!zone) return fail("ValidationError", fmt::format("Invalid TimeZone '{}': {}", action.timezone, zone.error().message));
  return {};
}

/// Either request's. What it leaves out of an action that exists stays as it is.
template <class Given>
Result<void> put_schedule(Context& context, const std::string& group, const Given& in) {
  model::ScheduledAction action;
  if (const model::ScheduledAction* present = find_schedule(context, group, *in.scheduled_action_name)) {
    action = *present;
  } else {
    if (context.state.scheduled_actions_by_group.keys(group).size() >= kMostSchedules) {
      return fail("LimitExceeded", fmt::format("The maximum number of scheduled actions ({}) of AutoScalingGroup '{}' is "
                                               "reached.",
                                               kMostSchedules, group));
    }
    action.name = *in.scheduled_action_name;
    action.group = group;
    action.timezone = kUtc;
    action.arn = make_arn(context.account, "autoscaling",
                          fmt::format("scheduledUpdateGroupAction:{}:autoScalingGroupName/{}:scheduledActionName/{}",
                                      context.random.uuid(), group, action.name));
  }
  if (in.recurrence) action.schedule = *in.recurrence;
  if (in.time_zone) action.timezone = *in.time_zone;
  if (in.start_time) action.start = instant_from_ms(in.start_time->ms);
  if (in.end_time) action.end = instant_from_ms(in.end_time->ms);
  if (in.min_size) action.min_capacity = *in.min_size;
  if (in.max_size) action.max_capacity = *in.max_size;
  if (in.desired_capacity) action.desired_capacity = *in.desired_capacity;
  TRY_VOID(check_capacities(action));
  TRY_VOID(check_times(context, action, in.start_time.has_value()));
  // What an earlier version of the action missed is not made up for by this one.
  action.created_at = context.now;
  if (in.start_time) action.last_run.reset();
  context.state.scheduled_actions.put(std::move(action));
  return {};
}

/// A recurring action's is its next occurrence.
std::optional<api::Timestamp> shown_start(const Context& context, const model::ScheduledAction& action) {
  const auto zone = load_time_zone(action.timezone);
  if (!zone) return std::nullopt;
  const Instant next = control::due_schedule(action, *zone, context.now, context.pace).next;
  if (next != kNever) return api::Timestamp{to_ms(next)};
  if (action.start) return api::Timestamp{to_ms(*action.start)};
  return std::nullopt;
}

api::autoscaling::ScheduledUpdateGroupAction show_schedule(const Context& context, const model::ScheduledAction& action) {
  api::autoscaling::ScheduledUpdateGroupAction shown;
  shown.auto_scaling_group_name = action.group;
  shown.scheduled_action_name = action.name;
  shown.scheduled_action_arn = action.arn;
  shown.start_time = shown_start(context, action);
  shown.time = shown.start_time;
  if (action.end) shown.end_time = api::Timestamp{to_ms(*action.end)};
  if (!action.schedule.empty()) shown.recurrence = action.schedule;
  if (action.min_capacity) shown.min_size = *action.min_capacity;
  if (action.max_capacity) shown.max_size = *action.max_capacity;
  if (action.desired_capacity) shown.desired_capacity = *action.desired_capacity;
  if (!action.schedule.empty()) shown.time_zone = action.timezone;
  return shown;
}

Result<void> check_batch(std::size_t size) {
  if (size <= kMostInBatch) return {};
  return fail("ValidationError", fmt::format("A batch may hold {} scheduled actions at most; this one has {}.",
                                             kMostInBatch, size));
}

}  // namespace

Answer<op::PutScheduledUpdateGroupAction> put_scheduled_update_group_action(
    Context& context, const op::PutScheduledUpdateGroupAction::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  const std::string name = group->name;
  op::PutScheduledUpdateGroupAction::Input given = in;
  if (!given.start_time) given.start_time = in.time;  // its name of old
  TRY_VOID(put_schedule(context, name, given));
  return {};
}

/// Each stands for itself: those that fail are listed, the others are put.
Answer<op::BatchPutScheduledUpdateGroupAction> batch_put_scheduled_update_group_action(
    Context& context, const op::BatchPutScheduledUpdateGroupAction::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  TRY_VOID(check_batch(in.scheduled_update_group_actions->size()));
  const std::string name = group->name;
  op::BatchPutScheduledUpdateGroupAction::Output out;
  auto& failed = out.failed_scheduled_update_group_actions.emplace();
  for (const auto& given : *in.scheduled_update_group_actions) {
    const Result<void> put = put_schedule(context, name, given);
    if (put) continue;
    auto& failure = failed.emplace_back();
    failure.scheduled_action_name = *given.scheduled_action_name;
    failure.error_code = put.error().code;
    failure.error_message = put.error().message;
  }
  return out;
}

Answer<op::DescribeScheduledActions> describe_scheduled_actions(Context& context,
                                                                const op::DescribeScheduledActions::Input& in) {
  if (in.auto_scaling_group_name) TRY_VOID(find_group(context, *in.auto_scaling_group_name));
  const std::vector<std::string> named = in.scheduled_action_names.value_or(std::vector<std::string>());
  std::map<std::string, api::autoscaling::ScheduledUpdateGroupAction> sorted;
  for (const auto& [arn, action] : context.state.scheduled_actions.all()) {
    if (action.group.empty() || (in.auto_scaling_group_name && action.group != *in.auto_scaling_group_name)) continue;
    if (!named.empty() && std::ranges::count(named, action.name) == 0 && std::ranges::count(named, arn) == 0) continue;
    auto shown = show_schedule(context, action);
    if (named.empty()) {  // names given: the times are ignored
      if (in.start_time && (!shown.start_time || shown.start_time->ms < in.start_time->ms)) continue;
      if (in.end_time && (!shown.start_time || shown.start_time->ms > in.end_time->ms)) continue;
    }
    sorted.emplace(action.group + "/" + action.name, std::move(shown));
  }
  op::DescribeScheduledActions::Output out;
  auto& shown = out.scheduled_update_group_actions.emplace();
  TRY(Page page, page_of(in, {.usual = 50, .most = 100}));
  for (auto& [key, action] : sorted) {
    if (page.take(key)) shown.push_back(std::move(action));
  }
  out.next_token = page.next_token();
  return out;
}

Answer<op::DeleteScheduledAction> delete_scheduled_action(Context& context, const op::DeleteScheduledAction::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  const model::ScheduledAction* action = find_schedule(context, group->name, *in.scheduled_action_name);
  if (!action) return tl::unexpected(unknown_schedule(*in.scheduled_action_name));
  context.state.scheduled_actions.erase(std::string(action->arn));
  return {};
}

Answer<op::BatchDeleteScheduledAction> batch_delete_scheduled_action(Context& context,
                                                                     const op::BatchDeleteScheduledAction::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  TRY_VOID(check_batch(in.scheduled_action_names->size()));
  op::BatchDeleteScheduledAction::Output out;
  auto& failed = out.failed_scheduled_actions.emplace();
  for (const std::string& name : *in.scheduled_action_names) {
    if (const model::ScheduledAction* action = find_schedule(context, group->name, name)) {
      context.state.scheduled_actions.erase(std::string(action->arn));
      continue;
    }
    const Error error = unknown_schedule(name);
    auto& failure = failed.emplace_back();
    failure.scheduled_action_name = name;
    failure.error_code = error.code;
    failure.error_message = error.message;
  }
  return out;
}

}  // namespace services::autoscaling

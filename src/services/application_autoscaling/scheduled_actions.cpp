#include <fmt/format.h>

#include "base/time_zone.h"
#include "control/autoscaling/schedule.h"
#include "services/application_autoscaling/handlers.h"
#include "services/application_autoscaling/lookup.h"
#include "services/application_autoscaling/render.h"

namespace services::application_autoscaling {

namespace {

constexpr std::size_t kMostActions = 200;  // of a scalable target (AWS's quota)

std::optional<Instant> given_time(const std::optional<api::Timestamp>& time) {
  return time ? std::optional(instant_from_ms(time->ms)) : std::nullopt;
}

Result<void> check_action(const model::ScheduledAction& action) {
  if (action.schedule.empty()) return fail("ValidationException", "Schedule is required when a scheduled action is created");
  TRY_VOID(control::parse_schedule(action.schedule));
  // Of rate(...) too, where it has no effect: Terraform's provider always gives one.
  if (!action.timezone.empty()) {
    if (const auto zone = load_time_zone(action.timezone); !zone) return fail("ValidationException", zone.error().message);
  }
  if (action.start && action.end && *action.end <= *action.start) {
    return fail("ValidationException", "EndTime must be later than StartTime");
  }
  if (!action.min_capacity && !action.max_capacity) {
    return fail("ValidationException", "ScalableTargetAction must have MinCapacity, MaxCapacity or both");
  }
  if (action.min_capacity.value_or(0) < 0 || action.max_capacity.value_or(0) < 0) {
    return fail("ValidationException", "Capacities must be greater than or equal to 0");
  }
  if (action.min_capacity && action.max_capacity && *action.min_capacity > *action.max_capacity) {
    return fail("ValidationException", fmt::format("Maximum capacity {} cannot be less than minimum capacity {}",
                                                   *action.max_capacity, *action.min_capacity));
  }
  return {};
}

}  // namespace

Answer<op::PutScheduledAction> put_scheduled_action(Context& context, const op::PutScheduledAction::Input& in) {
  TRY(const TargetName name, read_target(in.service_namespace, in.resource_id, in.scalable_dimension));
  TRY_VOID(find_target(context, name));
  const model::ScheduledAction* present = find_action(context, name, *in.scheduled_action_name);
  model::ScheduledAction action;
  if (present) {
    action = *present;
  } else {
    if (context.state.scheduled_actions_by_target.keys(name.key()).size() >= kMostActions) {
      return fail("LimitExceededException", fmt::format("The maximum number of scheduled actions ({}) is reached for {}",
                                                        kMostActions, described(name)));
    }
    action.name = *in.scheduled_action_name;
    action.arn = make_arn(context.account, "autoscaling",
                          fmt::format("scheduledAction:{}:resource/ecs/{}:scheduledActionName/{}", context.random.uuid(),
                                      name.resource_id, action.name));
    action.target = name.key();
    action.created_at = context.now;
  }
  if (in.schedule) action.schedule = *in.schedule;
  if (in.timezone) action.timezone = *in.timezone;
  if (in.start_time) action.start = given_time(in.start_time);
  if (in.end_time) action.end = given_time(in.end_time);
  if (in.scalable_target_action) {
    action.min_capacity = in.scalable_target_action->min_capacity;
    action.max_capacity = in.scalable_target_action->max_capacity;
  }
  TRY_VOID(check_action(action));
  // What an earlier version of the action missed is not made up for by this one.
  if (present) action.last_run = context.now;
  context.state.scheduled_actions.put(std::move(action));
  return {};
}

Answer<op::DeleteScheduledAction> delete_scheduled_action(Context& context, const op::DeleteScheduledAction::Input& in) {
  TRY(const TargetName name, read_target(in.service_namespace, in.resource_id, in.scalable_dimension));
  const model::ScheduledAction* action = find_action(context, name, *in.scheduled_action_name);
  if (!action) {
    return fail("ObjectNotFoundException", fmt::format("No scheduled action found for {}, scheduled action name: {}",
                                                       described(name), *in.scheduled_action_name));
  }
  context.state.scheduled_actions.erase(std::string(action->arn));
  return {};
}

Answer<op::DescribeScheduledActions> describe_scheduled_actions(Context& context,
                                                                const op::DescribeScheduledActions::Input& in) {
  TRY_VOID(check_namespace(in.service_namespace, in.scalable_dimension));
  op::DescribeScheduledActions::Output out;
  auto& shown = out.scheduled_actions.emplace();
  TRY(Page page, open_page(in.next_token, in.max_results));
  const std::string wanted = in.resource_id ? TargetName{*in.resource_id}.key() : "";
  for (const auto& [arn, action] : context.state.scheduled_actions.all()) {
    if (action.target.empty() || (in.resource_id && action.target != wanted)) continue;
    if (listed(in.scheduled_action_names, action.name) && page.take(arn)) shown.push_back(show_action(action));
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::application_autoscaling

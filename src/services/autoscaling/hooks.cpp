// Lifecycle hooks: kept on the group; control/capacity/node_group.cpp holds instances by them.
#include <fmt/format.h>

#include <algorithm>

#include "api/document.h"
#include "services/autoscaling/handlers.h"
#include "services/autoscaling/lookup.h"

namespace services::autoscaling {
namespace {

constexpr const char* kLaunching = "autoscaling:EC2_INSTANCE_LAUNCHING";
constexpr const char* kTerminating = "autoscaling:EC2_INSTANCE_TERMINATING";
constexpr std::size_t kMostHooks = 50;
constexpr int kGlobalTimeoutMost = 172'800;  // 48 hours

Result<void> check_hook(const model::LifecycleHook& hook) {
  if (hook.transition != kLaunching && hook.transition != kTerminating) {
    return fail("ValidationError", fmt::format("Invalid LifecycleTransition '{}': it must be {} or {}.", hook.transition,
                                               kLaunching, kTerminating));
  }
  if (hook.heartbeat_timeout < 30 || hook.heartbeat_timeout > 7200) {
    return fail("ValidationError", "HeartbeatTimeout must be between 30 and 7200 seconds.");
  }
  if (hook.default_result != "CONTINUE" && hook.default_result != "ABANDON") {
    return fail("ValidationError", fmt::format("Invalid DefaultResult '{}': it must be CONTINUE or ABANDON.",
                                               hook.default_result));
  }
  return {};
}

model::LifecycleHook* hook_of(model::AutoScalingGroup& group, const std::string& name) {
  const auto found = std::ranges::find(group.hooks, name, &model::LifecycleHook::name);
  return found == group.hooks.end() ? nullptr : &*found;
}

/// What PutLifecycleHook and CreateAutoScalingGroup's list both give.
template <class Given>
void read_hook(model::LifecycleHook& hook, const Given& given) {
  hook.transition = given.lifecycle_transition.value_or(hook.transition);
  if (given.heartbeat_timeout) hook.heartbeat_timeout = static_cast<int>(*given.heartbeat_timeout);
  hook.default_result = given.default_result.value_or(hook.default_result);
  auto echoed = api::from_document<api::autoscaling::LifecycleHook>(hook.document);
  if (given.notification_target_arn) echoed.notification_target_arn = given.notification_target_arn;
  if (given.notification_metadata) echoed.notification_metadata = given.notification_metadata;
  if (given.role_arn) echoed.role_arn = given.role_arn;
  hook.document = api::to_document(echoed);
}

api::autoscaling::LifecycleHook show_hook(const std::string& group, const model::LifecycleHook& hook) {
  auto shown = api::from_document<api::autoscaling::LifecycleHook>(hook.document);
  shown.auto_scaling_group_name = group;
  shown.lifecycle_hook_name = hook.name;
  shown.lifecycle_transition = hook.transition;
  shown.heartbeat_timeout = hook.heartbeat_timeout;
  shown.global_timeout = std::min(kGlobalTimeoutMost, hook.heartbeat_timeout * 100);
  shown.default_result = hook.default_result;
  return shown;
}

tl::unexpected<Error> no_hook(const std::string& group, const std::string& name) {
  return fail("ValidationError", fmt::format("No Lifecycle Hook found for Auto Scaling group {} with name {}", group, name));
}

}  // namespace

Result<void> add_hook(model::AutoScalingGroup& group, const api::autoscaling::LifecycleHookSpecification& given) {
  model::LifecycleHook hook;
  hook.name = *given.lifecycle_hook_name;
  read_hook(hook, given);
  TRY_VOID(check_hook(hook));
  group.hooks.push_back(std::move(hook));
  return {};
}

Answer<op::PutLifecycleHook> put_lifecycle_hook(Context& context, const op::PutLifecycleHook::Input& in) {
  TRY(const model::AutoScalingGroup* found, find_group(context, *in.auto_scaling_group_name));
  model::AutoScalingGroup group = *found;
  model::LifecycleHook* hook = hook_of(group, *in.lifecycle_hook_name);
  if (!hook) {
    if (!in.lifecycle_transition) return fail("ValidationError", "LifecycleTransition is required for a new lifecycle hook.");
    if (group.hooks.size() >= kMostHooks) {
      return fail("LimitExceeded", fmt::format("At most {} lifecycle hooks can be put on a group.", kMostHooks));
    }
    hook = &group.hooks.emplace_back();
    hook->name = *in.lifecycle_hook_name;
  }
  read_hook(*hook, in);
  TRY_VOID(check_hook(*hook));
  context.state.auto_scaling_groups.put(std::move(group));
  return {};
}

Answer<op::DescribeLifecycleHooks> describe_lifecycle_hooks(Context& context,
                                                            const op::DescribeLifecycleHooks::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  op::DescribeLifecycleHooks::Output out;
  auto& shown = out.lifecycle_hooks.emplace();
  for (const model::LifecycleHook& hook : group->hooks) {
    if (in.lifecycle_hook_names && !in.lifecycle_hook_names->empty() &&
        std::ranges::count(*in.lifecycle_hook_names, hook.name) == 0) {
      continue;
    }
    shown.push_back(show_hook(group->name, hook));
  }
  return out;
}

Answer<op::DeleteLifecycleHook> delete_lifecycle_hook(Context& context, const op::DeleteLifecycleHook::Input& in) {
  TRY(const model::AutoScalingGroup* found, find_group(context, *in.auto_scaling_group_name));
  model::AutoScalingGroup group = *found;
  if (!hook_of(group, *in.lifecycle_hook_name)) return no_hook(group.name, *in.lifecycle_hook_name);
  std::erase_if(group.hooks, [&](const auto& hook) { return hook.name == *in.lifecycle_hook_name; });
  context.state.auto_scaling_groups.put(std::move(group));
  return {};
}

Answer<op::CompleteLifecycleAction> complete_lifecycle_action(Context& context,
                                                              const op::CompleteLifecycleAction::Input& in) {
  if (!in.instance_id) {
    return fail("ValidationError", "This engine has no lifecycle action tokens: name the instance with InstanceId.");
  }
  if (*in.lifecycle_action_result != "CONTINUE" && *in.lifecycle_action_result != "ABANDON") {
    return fail("ValidationError", fmt::format("Invalid LifecycleActionResult '{}': it must be CONTINUE or ABANDON.",
                                               *in.lifecycle_action_result));
  }
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  const model::Instance* instance = context.state.instances.find(*in.instance_id);
  if (!instance || instance->group != group->name || !instance->hooks.contains(*in.lifecycle_hook_name)) {
    return fail("ValidationError", fmt::format("No active Lifecycle Action found with instance ID {}", *in.instance_id));
  }
  context.state.instances.update(*in.instance_id, [&](model::Instance& record) {
    record.hooks.erase(*in.lifecycle_hook_name);
    if (*in.lifecycle_action_result == "ABANDON") record.abandoned = true;
  });
  return {};
}

}  // namespace services::autoscaling

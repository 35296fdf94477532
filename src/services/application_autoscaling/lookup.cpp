#include "services/application_autoscaling/lookup.h"

#include <fmt/format.h>

namespace services::application_autoscaling {

namespace {
constexpr const char* kDimension = "ecs:service:DesiredCount";
}  // namespace

Result<void> check_namespace(const std::optional<std::string>& service_namespace,
                             const std::optional<std::string>& dimension) {
  if (service_namespace.value_or("ecs") != "ecs" || dimension.value_or(kDimension) != kDimension) {
    return fail("ValidationException",
                fmt::format("Unsupported service namespace, resource type or scalable dimension: this engine scales ECS "
                            "services only (ServiceNamespace ecs, ScalableDimension {}).",
                            kDimension));
  }
  return {};
}

Result<TargetName> read_target(const std::optional<std::string>& service_namespace,
                               const std::optional<std::string>& resource_id,
                               const std::optional<std::string>& dimension) {
  TRY_VOID(check_namespace(service_namespace, dimension));
  const std::string id = resource_id.value_or("");
  if (!id.starts_with("service/") || std::ranges::count(id, '/') != 2 || id.ends_with('/') ||
      id.find("//") != std::string::npos) {
    return fail("ValidationException",
                fmt::format("Unsupported service namespace, resource type or scalable dimension: the resource ID of an ECS "
                            "service is service/<cluster>/<service>, not '{}'.",
                            id));
  }
  return TargetName{id};
}

Result<Page> open_page(const std::optional<std::string>& next_token, std::optional<int> max_results) {
  constexpr int kMost = 50;  // AWS's default too
  const int size = max_results.value_or(kMost);
  if (size < 1 || size > kMost) return fail("ValidationException", fmt::format("MaxResults must be from 1 to {}", kMost));
  return Page::open(next_token, static_cast<std::size_t>(size), "InvalidNextTokenException");
}

std::string described(const TargetName& name) {
  return fmt::format("service namespace: ecs, resource ID: {}, scalable dimension: {}", name.resource_id, kDimension);
}

Result<const model::ScalableTarget*> find_target(const Context& context, const TargetName& name) {
  if (const auto* found = context.state.scalable_targets.find(name.key())) return found;
  return fail("ObjectNotFoundException", "No scalable target registered for " + described(name));
}

const model::ScalingPolicy* find_policy(const Context& context, const TargetName& target, const std::string& name) {
  for (const std::string& arn : context.state.policies_by_target.keys(target.key())) {
    const model::ScalingPolicy* policy = context.state.scaling_policies.find(arn);
    if (policy->name == name) return policy;
  }
  return nullptr;
}

const model::ScheduledAction* find_action(const Context& context, const TargetName& target, const std::string& name) {
  for (const std::string& arn : context.state.scheduled_actions_by_target.keys(target.key())) {
    const model::ScheduledAction* action = context.state.scheduled_actions.find(arn);
    if (action->name == name) return action;
  }
  return nullptr;
}

}  // namespace services::application_autoscaling

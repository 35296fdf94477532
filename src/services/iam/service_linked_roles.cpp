// Roles that AWS's services make for themselves: their names, their one policy, and that nobody else changes them.
#include <fmt/format.h>

#include <algorithm>

#include "services/iam/handlers.h"
#include "services/iam/lookup.h"
#include "services/iam/render.h"

namespace services::iam {
namespace {

struct LinkedService {
  std::string_view service, role, policy;
  bool suffix;  ///< whether more than one can be made
  bool (*used)(const state::State& state);  ///< whether AWS would have made it by now
};
bool never(const state::State&) { return false; }

constexpr LinkedService kLinkedServices[] = {
    {"ecs.amazonaws.com", "AWSServiceRoleForECS", "AmazonECSServiceRolePolicy", false,
     [](const state::State& state) { return !state.clusters.empty(); }},
    {"autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy", true,
     [](const state::State& state) { return !state.auto_scaling_groups.empty(); }},
    {"elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing", "", false,
     [](const state::State& state) { return !state.load_balancers.empty(); }},
    {"ecs.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_ECSService",
     "AWSApplicationAutoscalingECSServicePolicy", false,
     [](const state::State& state) { return !state.scalable_targets.empty(); }},
    {"spot.amazonaws.com", "AWSServiceRoleForEC2Spot", "", false, never},
};

std::string trust_in(std::string_view service) {
  return fmt::format(R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{}"}},)"
                     R"("Action":"sts:AssumeRole"}}]}})",
                     service);
}

model::Role linked_role(Context& context, const LinkedService& service, std::string name) {
  model::Role role;
  role.name = std::move(name);
  role.path = fmt::format("/aws-service-role/{}/", service.service);
  role.id = new_id(context, "AROA");
  role.arn = arn_of(context, "role", role.path, role.name);
  role.trust_policy = trust_in(service.service);
  role.created_at = context.now;
  if (!service.policy.empty()) {
    role.attached_policies.push_back(fmt::format("arn:aws:iam::aws:policy/aws-service-role/{}", service.policy));
  }
  return role;
}

}  // namespace

void make_roles_of_used_services(Context& context) {
  for (const LinkedService& service : kLinkedServices) {
    if (!service.used(context.state) || context.state.roles.find(service.role)) continue;
    context.state.roles.put(linked_role(context, service, std::string(service.role)));
  }
}

Answer<op::CreateServiceLinkedRole> create_service_linked_role(Context& context,
                                                               const op::CreateServiceLinkedRole::Input& in) {
  const auto found = std::ranges::find(kLinkedServices, *in.aws_service_name, &LinkedService::service);
  if (found == std::end(kLinkedServices)) {
    return fail("InvalidInput", fmt::format("Service role for service principal {} is not served by this engine.", *in.aws_service_name));
  }
  make_roles_of_used_services(context);
  std::string name(found->role);
  if (in.custom_suffix && !in.custom_suffix->empty()) {
    if (!found->suffix) return fail("InvalidInput", fmt::format("Custom suffix is not allowed for {}", *in.aws_service_name));
    name += "_" + *in.custom_suffix;
  }
  if (context.state.roles.find(name)) {
    return fail("InvalidInput",
                fmt::format("Service role name {} has been taken in this account, please try a different suffix.", name));
  }
  model::Role role = linked_role(context, *found, std::move(name));
  role.description = in.description;
  op::CreateServiceLinkedRole::Output out;
  out.role = show_role(role, false);
  context.state.roles.put(std::move(role));
  return out;
}

Answer<op::DeleteServiceLinkedRole> delete_service_linked_role(Context& context,
                                                               const op::DeleteServiceLinkedRole::Input& in) {
  TRY(const model::Role* role, find_role(context, *in.role_name));
  if (!role->service_linked()) {
    return fail("InvalidInput", fmt::format("{} is not a service-linked role.", role->name));
  }
  op::DeleteServiceLinkedRole::Output out;
  // The answer to GetServiceLinkedRoleDeletionStatus is in the id's form: the deletion is done when it is given.
  out.deletion_task_id = fmt::format("task{}{}/{}", role->path, role->name, context.random.uuid());
  context.state.roles.erase(*in.role_name);
  return out;
}

Answer<op::GetServiceLinkedRoleDeletionStatus> get_service_linked_role_deletion_status(
    Context&, const op::GetServiceLinkedRoleDeletionStatus::Input& in) {
  if (!in.deletion_task_id->starts_with("task/aws-service-role/")) {
    return fail("NoSuchEntity", fmt::format("The deletion task {} cannot be found.", *in.deletion_task_id));
  }
  op::GetServiceLinkedRoleDeletionStatus::Output out;
  out.status = "SUCCEEDED";
  return out;
}

}  // namespace services::iam

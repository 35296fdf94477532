// Managed policies: a customer's own, and AWS's to read.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "services/iam/handlers.h"
#include "services/iam/policy_document.h"
#include "services/iam/render.h"

namespace services::iam {

Answer<op::CreatePolicy> create_policy(Context& context, const op::CreatePolicy::Input& in) {
  constexpr std::size_t kNameLength = 128;
  TRY_VOID(check_name("policyName", *in.policy_name, kNameLength));
  TRY_VOID(check_policy_document(*in.policy_document, PolicyKind::identity));
  TRY_VOID(check_policy_size(*in.policy_document, PolicyKind::identity));
  model::ManagedPolicy policy;
  policy.name = *in.policy_name;
  TRY(policy.path, read_path(in.path));
  for (const auto& [arn, other] : context.state.managed_policies.all()) {
    if (same_name(other.name, policy.name)) {
      return fail("EntityAlreadyExists",
                  fmt::format("A policy called {} already exists. Duplicate names are not allowed.", policy.name));
    }
  }
  TRY_VOID(set_tags(policy.tags, in.tags));
  policy.id = new_id(context, "ANPA");
  policy.arn = arn_of(context, "policy", policy.path, policy.name);
  policy.description = in.description;
  policy.created_at = policy.updated_at = context.now;
  policy.versions.push_back({.number = 1, .document = *in.policy_document, .created_at = context.now});
  op::CreatePolicy::Output out;
  out.policy = show_policy(context, {.own = &policy}, true);
  out.policy->description.reset();  // GetPolicy shows it, CreatePolicy does not
  context.state.managed_policies.put(std::move(policy));
  return out;
}

Answer<op::GetPolicy> get_policy(Context& context, const op::GetPolicy::Input& in) {
  TRY(const FoundPolicy found, find_policy(context, *in.policy_arn));
  op::GetPolicy::Output out;
  out.policy = show_policy(context, found, true);
  return out;
}

Answer<op::ListPolicies> list_policies(Context& context, const op::ListPolicies::Input& in) {
  const std::string scope = in.scope.value_or("All");
  std::map<std::string, FoundPolicy> policies;
  if (scope != "AWS") {
    for (const auto& [arn, policy] : context.state.managed_policies.all()) policies.emplace(arn, FoundPolicy{.own = &policy});
  }
  if (scope != "Local") {
    for (const AwsPolicy& policy : aws_policies()) policies.emplace(aws_policy_arn(policy), FoundPolicy{.aws = &policy});
  }
  op::ListPolicies::Output out;
  auto& shown = out.policies.emplace();
  TRY(Page page, page_of(in));
  for (const auto& [arn, policy] : policies) {
    const std::string path = policy.own ? policy.own->path : std::string(policy.aws->path);
    if (in.path_prefix && !path.starts_with(*in.path_prefix)) continue;
    if (in.only_attached.value_or(false) && attachments(context, arn) == 0) continue;
    if (page.take(arn)) shown.push_back(show_policy(context, policy, false));
    if (page.full()) break;
  }
  end_page(out, page);
  return out;
}

Answer<op::DeletePolicy> delete_policy(Context& context, const op::DeletePolicy::Input& in) {
  TRY(const model::ManagedPolicy* policy, find_own_policy(context, *in.policy_arn));
  if (attachments(context, policy->arn) > 0) {
    return fail("DeleteConflict", "Cannot delete a policy attached to entities.");
  }
  if (policy->versions.size() > 1) {
    return fail("DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the "
                                  "policy's versions. The default version is deleted with the policy.");
  }
  context.state.managed_policies.erase(*in.policy_arn);
  return {};
}

Answer<op::ListEntitiesForPolicy> list_entities_for_policy(Context& context, const op::ListEntitiesForPolicy::Input& in) {
  TRY_VOID(find_policy(context, *in.policy_arn));
  op::ListEntitiesForPolicy::Output out;
  out.policy_groups.emplace();
  out.policy_users.emplace();
  auto& shown = out.policy_roles.emplace();
  TRY(Page page, page_of(in));
  const bool roles = !in.entity_filter || *in.entity_filter == "Role";
  for (const auto& [name, role] : context.state.roles.all()) {
    if (!roles || std::ranges::count(role.attached_policies, *in.policy_arn) == 0) continue;
    if (page.take(name)) shown.push_back({.role_name = role.name, .role_id = role.id});
  }
  end_page(out, page);
  return out;
}

}  // namespace services::iam

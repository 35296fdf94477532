// The policies of a role: attached ones and those written into it.
#include <fmt/format.h>

#include <algorithm>

#include "services/iam/handlers.h"
#include "services/iam/lookup.h"
#include "services/iam/policy_document.h"

namespace services::iam {
namespace {

constexpr std::size_t kPolicyNameLength = 128;
constexpr std::size_t kAttachedMost = 20;
constexpr std::size_t kInlineMost = 10'240;  ///< of all inline policies of a role together

tl::unexpected<Error> no_role_policy(const std::string& name) {
  return fail("NoSuchEntity", fmt::format("The role policy with name {} cannot be found.", name));
}

}  // namespace

Answer<op::AttachRolePolicy> attach_role_policy(Context& context, const op::AttachRolePolicy::Input& in) {
  TRY(const model::Role* role, find_role_to_change(context, *in.role_name));
  const std::string& arn = *in.policy_arn;
  if (const auto found = find_policy(context, arn); !found) {
    if (found.error().code != "NoSuchEntity") return tl::unexpected(found.error());
    return fail("NoSuchEntity", fmt::format("Policy {} does not exist or is not attachable.", arn));
  }
  if (std::ranges::count(role->attached_policies, arn) > 0) return {};
  if (role->attached_policies.size() >= kAttachedMost) {
    return fail("LimitExceeded", fmt::format("Cannot exceed quota for PoliciesPerRole: {}", kAttachedMost));
  }
  context.state.roles.update(*in.role_name, [&](model::Role& record) { record.attached_policies.push_back(arn); });
  return {};
}

Answer<op::DetachRolePolicy> detach_role_policy(Context& context, const op::DetachRolePolicy::Input& in) {
  TRY(const model::Role* role, find_role_to_change(context, *in.role_name));
  if (std::ranges::count(role->attached_policies, *in.policy_arn) == 0) {
    return fail("NoSuchEntity", fmt::format("Policy {} was not found.", *in.policy_arn));
  }
  context.state.roles.update(*in.role_name, [&](model::Role& record) { std::erase(record.attached_policies, *in.policy_arn); });
  return {};
}

Answer<op::ListAttachedRolePolicies> list_attached_role_policies(Context& context,
                                                                 const op::ListAttachedRolePolicies::Input& in) {
  TRY(const model::Role* role, find_role(context, *in.role_name));
  const std::set<std::string> sorted(role->attached_policies.begin(), role->attached_policies.end());
  op::ListAttachedRolePolicies::Output out;
  auto& shown = out.attached_policies.emplace();
  TRY(Page page, page_of(in));
  for (const std::string& arn : sorted) {
    const std::string path = arn.substr(arn.find(":policy/") + 7);
    if (in.path_prefix && !path.starts_with(*in.path_prefix)) continue;
    if (page.take(arn)) shown.push_back({.policy_name = arn.substr(arn.rfind('/') + 1), .policy_arn = arn});
  }
  end_page(out, page);
  return out;
}

Answer<op::PutRolePolicy> put_role_policy(Context& context, const op::PutRolePolicy::Input& in) {
  TRY(const model::Role* role, find_role_to_change(context, *in.role_name));
  TRY_VOID(check_name("policyName", *in.policy_name, kPolicyNameLength));
  TRY_VOID(check_policy_document(*in.policy_document, PolicyKind::identity));
  std::size_t size = policy_size(*in.policy_document);
  for (const auto& [name, document] : role->inline_policies) {
    if (name != *in.policy_name) size += policy_size(document);
  }
  if (size > kInlineMost) {
    return fail("LimitExceeded",
                fmt::format("Maximum policy size of {} bytes exceeded for role {}", kInlineMost, role->name));
  }
  context.state.roles.update(
      *in.role_name, [&](model::Role& record) { record.inline_policies[*in.policy_name] = *in.policy_document; });
  return {};
}

Answer<op::GetRolePolicy> get_role_policy(Context& context, const op::GetRolePolicy::Input& in) {
  TRY(const model::Role* role, find_role(context, *in.role_name));
  const auto found = role->inline_policies.find(*in.policy_name);
  if (found == role->inline_policies.end()) return no_role_policy(*in.policy_name);
  op::GetRolePolicy::Output out;
  out.role_name = role->name;
  out.policy_name = found->first;
  out.policy_document = encode_document(found->second);
  return out;
}

Answer<op::ListRolePolicies> list_role_policies(Context& context, const op::ListRolePolicies::Input& in) {
  TRY(const model::Role* role, find_role(context, *in.role_name));
  op::ListRolePolicies::Output out;
  auto& shown = out.policy_names.emplace();
  TRY(Page page, page_of(in));
  for (const auto& [name, document] : role->inline_policies) {
    if (page.take(name)) shown.push_back(name);
  }
  end_page(out, page);
  return out;
}

Answer<op::DeleteRolePolicy> delete_role_policy(Context& context, const op::DeleteRolePolicy::Input& in) {
  TRY(const model::Role* role, find_role_to_change(context, *in.role_name));
  if (!role->inline_policies.contains(*in.policy_name)) return no_role_policy(*in.policy_name);
  context.state.roles.update(*in.role_name, [&](model::Role& record) { record.inline_policies.erase(*in.policy_name); });
  return {};
}

}  // namespace services::iam

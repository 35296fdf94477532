#include <fmt/format.h>

#include <algorithm>

#include "services/iam/handlers.h"
#include "services/iam/policy_document.h"
#include "services/iam/render.h"

namespace services::iam {
namespace {

constexpr std::size_t kRoleNameLength = 64;

Result<int> read_session(const std::optional<int>& given, int otherwise) {
  constexpr int kShortest = 3600, kLongest = 43200;
  const int value = given.value_or(otherwise);
  if (value >= kShortest && value <= kLongest) return value;
  return fail("ValidationError",
              fmt::format("1 validation error detected: Value '{}' at 'maxSessionDuration' failed to satisfy constraint: "
                          "Member must have value from {} to {}",
                          value, kShortest, kLongest));
}

/// What must go first.
Result<void> check_role_is_free(const Context& context, const model::Role& role) {
  for (const auto& [name, profile] : context.state.instance_profiles.all()) {
    if (profile.role == role.name) {
      return fail("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.");
    }
  }
  if (!role.attached_policies.empty()) {
    return fail("DeleteConflict", "Cannot delete entity, must detach all policies first.");
  }
  if (!role.inline_policies.empty()) return fail("DeleteConflict", "Cannot delete entity, must delete policies first.");
  return {};
}

}  // namespace

Answer<op::CreateRole> create_role(Context& context, const op::CreateRole::Input& in) {
  if (in.permissions_boundary) {
    return fail("InvalidInput", "This engine enforces no permissions, so it does not take a permissions boundary.");
  }
  TRY_VOID(check_name("roleName", *in.role_name, kRoleNameLength));
  model::Role role;
  role.name = *in.role_name;
  TRY(role.path, read_path(in.path));
  if (role.service_linked()) {
    return fail("InvalidInput", "Roles below /aws-service-role/ are made with CreateServiceLinkedRole.");
  }
  TRY_VOID(check_policy_document(*in.assume_role_policy_document, PolicyKind::trust));
  TRY_VOID(check_policy_size(*in.assume_role_policy_document, PolicyKind::trust));
  const bool taken = std::ranges::any_of(context.state.roles.all(),
                                         [&](const auto& entry) { return same_name(entry.first, role.name); });
  if (taken) return fail("EntityAlreadyExists", fmt::format("Role with name {} already exists.", role.name));
  TRY(role.max_session_duration, read_session(in.max_session_duration, role.max_session_duration));
  TRY_VOID(set_tags(role.tags, in.tags));
  role.trust_policy = *in.assume_role_policy_document;
  role.description = in.description;
  role.id = new_id(context, "AROA");
  role.arn = arn_of(context, "role", role.path, role.name);
  role.created_at = context.now;
  op::CreateRole::Output out;
  out.role = show_role(role, true);
  out.role->role_last_used.reset();
  context.state.roles.put(std::move(role));
  return out;
}

Answer<op::GetRole> get_role(Context& context, const op::GetRole::Input& in) {
  TRY(const model::Role* role, find_role(context, *in.role_name));
  op::GetRole::Output out;
  out.role = show_role(*role, true);
  return out;
}

Answer<op::ListRoles> list_roles(Context& context, const op::ListRoles::Input& in) {
  make_roles_of_used_services(context);
  op::ListRoles::Output out;
  auto& shown = out.roles.emplace();
  TRY(Page page, page_of(in));
  for (const auto& [name, role] : context.state.roles.all()) {
    if (in.path_prefix && !role.path.starts_with(*in.path_prefix)) continue;
    if (page.take(name)) shown.push_back(show_role(role, false));
    if (page.full()) break;
  }
  end_page(out, page);
  return out;
}

Answer<op::UpdateRole> update_role(Context& context, const op::UpdateRole::Input& in) {
  TRY(const model::Role* role, find_role_to_change(context, *in.role_name));
  TRY(const int session, read_session(in.max_session_duration, role->max_session_duration));
  context.state.roles.update(*in.role_name, [&](model::Role& record) {
    record.max_session_duration = session;
    if (in.description) record.description = in.description;
  });
  return {};
}

Answer<op::UpdateRoleDescription> update_role_description(Context& context, const op::UpdateRoleDescription::Input& in) {
  TRY_VOID(find_role(context, *in.role_name));
  context.state.roles.update(*in.role_name, [&](model::Role& record) { record.description = in.description; });
  op::UpdateRoleDescription::Output out;
  out.role = show_role(*context.state.roles.find(*in.role_name), false);
  return out;
}

Answer<op::UpdateAssumeRolePolicy> update_assume_role_policy(Context& context, const op::UpdateAssumeRolePolicy::Input& in) {
  TRY_VOID(find_role_to_change(context, *in.role_name));
  TRY_VOID(check_policy_document(*in.policy_document, PolicyKind::trust));
  TRY_VOID(check_policy_size(*in.policy_document, PolicyKind::trust));
  context.state.roles.update(*in.role_name, [&](model::Role& record) { record.trust_policy = *in.policy_document; });
  return {};
}

Answer<op::DeleteRole> delete_role(Context& context, const op::DeleteRole::Input& in) {
  TRY(const model::Role* role, find_role_to_change(context, *in.role_name));
  TRY_VOID(check_role_is_free(context, *role));
  context.state.roles.erase(*in.role_name);
  return {};
}

}  // namespace services::iam

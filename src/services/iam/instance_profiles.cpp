#include <fmt/format.h>

#include <algorithm>

#include "services/iam/handlers.h"
#include "services/iam/render.h"

namespace services::iam {

Answer<op::CreateInstanceProfile> create_instance_profile(Context& context, const op::CreateInstanceProfile::Input& in) {
  constexpr std::size_t kNameLength = 128;
  TRY_VOID(check_name("instanceProfileName", *in.instance_profile_name, kNameLength));
  model::InstanceProfile profile;
  profile.name = *in.instance_profile_name;
  TRY(profile.path, read_path(in.path));
  if (std::ranges::any_of(context.state.instance_profiles.all(),
                          [&](const auto& entry) { return same_name(entry.first, profile.name); })) {
    return fail("EntityAlreadyExists", fmt::format("Instance Profile {} already exists.", profile.name));
  }
  TRY_VOID(set_tags(profile.tags, in.tags));
  profile.id = new_id(context, "AIPA");
  profile.arn = arn_of(context, "instance-profile", profile.path, profile.name);
  profile.created_at = context.now;
  op::CreateInstanceProfile::Output out;
  out.instance_profile = show_instance_profile(context, profile, true);
  context.state.instance_profiles.put(std::move(profile));
  return out;
}

Answer<op::GetInstanceProfile> get_instance_profile(Context& context, const op::GetInstanceProfile::Input& in) {
  TRY(const model::InstanceProfile* profile, find_instance_profile(context, *in.instance_profile_name));
  op::GetInstanceProfile::Output out;
  out.instance_profile = show_instance_profile(context, *profile, true);
  return out;
}

Answer<op::ListInstanceProfiles> list_instance_profiles(Context& context, const op::ListInstanceProfiles::Input& in) {
  op::ListInstanceProfiles::Output out;
  auto& shown = out.instance_profiles.emplace();
  TRY(Page page, page_of(in));
  for (const auto& [name, profile] : context.state.instance_profiles.all()) {
    if (in.path_prefix && !profile.path.starts_with(*in.path_prefix)) continue;
    if (page.take(name)) shown.push_back(show_instance_profile(context, profile, false));
    if (page.full()) break;
  }
  end_page(out, page);
  return out;
}

Answer<op::ListInstanceProfilesForRole> list_instance_profiles_for_role(
    Context& context, const op::ListInstanceProfilesForRole::Input& in) {
  TRY(const model::Role* role, find_role(context, *in.role_name));
  op::ListInstanceProfilesForRole::Output out;
  auto& shown = out.instance_profiles.emplace();
  TRY(Page page, page_of(in));
  for (const auto& [name, profile] : context.state.instance_profiles.all()) {
    if (profile.role == role->name && page.take(name)) shown.push_back(show_instance_profile(context, profile, false));
  }
  end_page(out, page);
  return out;
}

Answer<op::AddRoleToInstanceProfile> add_role_to_instance_profile(Context& context,
                                                                  const op::AddRoleToInstanceProfile::Input& in) {
  TRY(const model::InstanceProfile* profile, find_instance_profile(context, *in.instance_profile_name));
  TRY_VOID(find_role_to_change(context, *in.role_name));
  if (!profile->role.empty()) {
    return fail("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
  }
  context.state.instance_profiles.update(*in.instance_profile_name,
                                         [&](model::InstanceProfile& record) { record.role = *in.role_name; });
  return {};
}

Answer<op::RemoveRoleFromInstanceProfile> remove_role_from_instance_profile(
    Context& context, const op::RemoveRoleFromInstanceProfile::Input& in) {
  TRY(const model::InstanceProfile* profile, find_instance_profile(context, *in.instance_profile_name));
  TRY_VOID(find_role(context, *in.role_name));
  if (profile->role != *in.role_name) {
    return fail("NoSuchEntity", fmt::format("Role {} in Instance Profile {} cannot be found.", *in.role_name, profile->name));
  }
  context.state.instance_profiles.update(*in.instance_profile_name,
                                         [&](model::InstanceProfile& record) { record.role.clear(); });
  return {};
}

Answer<op::DeleteInstanceProfile> delete_instance_profile(Context& context, const op::DeleteInstanceProfile::Input& in) {
  TRY(const model::InstanceProfile* profile, find_instance_profile(context, *in.instance_profile_name));
  if (!profile->role.empty()) {
    return fail("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.");
  }
  context.state.instance_profiles.erase(*in.instance_profile_name);
  return {};
}

}  // namespace services::iam

// Every handler of IAM, by the file that has it. Called through the table in actions.cpp only.
#pragma once

#include "api/iam.h"
#include "services/context.h"

namespace services::iam {

namespace op = api::iam::op;

template <class Op>
using Answer = Result<typename Op::Output>;

// roles.cpp
Answer<op::CreateRole> create_role(Context& context, const op::CreateRole::Input& in);
Answer<op::GetRole> get_role(Context& context, const op::GetRole::Input& in);
Answer<op::ListRoles> list_roles(Context& context, const op::ListRoles::Input& in);
Answer<op::UpdateRole> update_role(Context& context, const op::UpdateRole::Input& in);
Answer<op::UpdateRoleDescription> update_role_description(Context& context, const op::UpdateRoleDescription::Input& in);
Answer<op::UpdateAssumeRolePolicy> update_assume_role_policy(Context& context, const op::UpdateAssumeRolePolicy::Input& in);
Answer<op::DeleteRole> delete_role(Context& context, const op::DeleteRole::Input& in);

// service_linked_roles.cpp
Answer<op::CreateServiceLinkedRole> create_service_linked_role(Context& context,
                                                               const op::CreateServiceLinkedRole::Input& in);
Answer<op::DeleteServiceLinkedRole> delete_service_linked_role(Context& context,
                                                               const op::DeleteServiceLinkedRole::Input& in);
Answer<op::GetServiceLinkedRoleDeletionStatus> get_service_linked_role_deletion_status(
    Context& context, const op::GetServiceLinkedRoleDeletionStatus::Input& in);

// role_policies.cpp
Answer<op::AttachRolePolicy> attach_role_policy(Context& context, const op::AttachRolePolicy::Input& in);
Answer<op::DetachRolePolicy> detach_role_policy(Context& context, const op::DetachRolePolicy::Input& in);
Answer<op::ListAttachedRolePolicies> list_attached_role_policies(Context& context,
                                                                 const op::ListAttachedRolePolicies::Input& in);
Answer<op::PutRolePolicy> put_role_policy(Context& context, const op::PutRolePolicy::Input& in);
Answer<op::GetRolePolicy> get_role_policy(Context& context, const op::GetRolePolicy::Input& in);
Answer<op::ListRolePolicies> list_role_policies(Context& context, const op::ListRolePolicies::Input& in);
Answer<op::DeleteRolePolicy> delete_role_policy(Context& context, const op::DeleteRolePolicy::Input& in);

// policies.cpp
Answer<op::CreatePolicy> create_policy(Context& context, const op::CreatePolicy::Input& in);
Answer<op::GetPolicy> get_policy(Context& context, const op::GetPolicy::Input& in);
Answer<op::ListPolicies> list_policies(Context& context, const op::ListPolicies::Input& in);
Answer<op::DeletePolicy> delete_policy(Context& context, const op::DeletePolicy::Input& in);
Answer<op::ListEntitiesForPolicy> list_entities_for_policy(Context& context, const op::ListEntitiesForPolicy::Input& in);

// policy_versions.cpp
Answer<op::CreatePolicyVersion> create_policy_version(Context& context, const op::CreatePolicyVersion::Input& in);
Answer<op::GetPolicyVersion> get_policy_version(Context& context, const op::GetPolicyVersion::Input& in);
Answer<op::ListPolicyVersions> list_policy_versions(Context& context, const op::ListPolicyVersions::Input& in);
Answer<op::SetDefaultPolicyVersion> set_default_policy_version(Context& context,
                                                               const op::SetDefaultPolicyVersion::Input& in);
Answer<op::DeletePolicyVersion> delete_policy_version(Context& context, const op::DeletePolicyVersion::Input& in);

// instance_profiles.cpp
Answer<op::CreateInstanceProfile> create_instance_profile(Context& context, const op::CreateInstanceProfile::Input& in);
Answer<op::GetInstanceProfile> get_instance_profile(Context& context, const op::GetInstanceProfile::Input& in);
Answer<op::ListInstanceProfiles> list_instance_profiles(Context& context, const op::ListInstanceProfiles::Input& in);
Answer<op::ListInstanceProfilesForRole> list_instance_profiles_for_role(
    Context& context, const op::ListInstanceProfilesForRole::Input& in);
Answer<op::AddRoleToInstanceProfile> add_role_to_instance_profile(Context& context,
                                                                  const op::AddRoleToInstanceProfile::Input& in);
Answer<op::RemoveRoleFromInstanceProfile> remove_role_from_instance_profile(
    Context& context, const op::RemoveRoleFromInstanceProfile::Input& in);
Answer<op::DeleteInstanceProfile> delete_instance_profile(Context& context, const op::DeleteInstanceProfile::Input& in);

// account.cpp
Answer<op::GetUser> get_user(Context& context, const op::GetUser::Input& in);
Answer<op::ListAccountAliases> list_account_aliases(Context& context, const op::ListAccountAliases::Input& in);

// tags.cpp
Answer<op::TagRole> tag_role(Context& context, const op::TagRole::Input& in);
Answer<op::UntagRole> untag_role(Context& context, const op::UntagRole::Input& in);
Answer<op::ListRoleTags> list_role_tags(Context& context, const op::ListRoleTags::Input& in);
Answer<op::TagPolicy> tag_policy(Context& context, const op::TagPolicy::Input& in);
Answer<op::UntagPolicy> untag_policy(Context& context, const op::UntagPolicy::Input& in);
Answer<op::ListPolicyTags> list_policy_tags(Context& context, const op::ListPolicyTags::Input& in);
Answer<op::TagInstanceProfile> tag_instance_profile(Context& context, const op::TagInstanceProfile::Input& in);
Answer<op::UntagInstanceProfile> untag_instance_profile(Context& context, const op::UntagInstanceProfile::Input& in);
Answer<op::ListInstanceProfileTags> list_instance_profile_tags(Context& context,
                                                               const op::ListInstanceProfileTags::Input& in);

}  // namespace services::iam

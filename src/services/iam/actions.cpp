#include "services/iam/actions.h"

#include "services/iam/handlers.h"

namespace services::iam {

// Not here, so refused by name: users, groups, access keys, permissions boundaries, identity providers, simulation.
constexpr api::Route kIamRoutes[] = {
    api::route<op::AddRoleToInstanceProfile, add_role_to_instance_profile>(),
    api::route<op::AttachRolePolicy, attach_role_policy>(),
    api::route<op::CreateInstanceProfile, create_instance_profile>(),
    api::route<op::CreatePolicy, create_policy>(),
    api::route<op::CreatePolicyVersion, create_policy_version>(),
    api::route<op::CreateRole, create_role>(),
    api::route<op::CreateServiceLinkedRole, create_service_linked_role>(),
    api::route<op::DeleteInstanceProfile, delete_instance_profile>(),
    api::route<op::DeletePolicy, delete_policy>(),
    api::route<op::DeletePolicyVersion, delete_policy_version>(),
    api::route<op::DeleteRole, delete_role>(),
    api::route<op::DeleteRolePolicy, delete_role_policy>(),
    api::route<op::DeleteServiceLinkedRole, delete_service_linked_role>(),
    api::route<op::DetachRolePolicy, detach_role_policy>(),
    api::route<op::GetInstanceProfile, get_instance_profile>(),
    api::route<op::GetPolicy, get_policy>(),
    api::route<op::GetPolicyVersion, get_policy_version>(),
    api::route<op::GetRole, get_role>(),
    api::route<op::GetRolePolicy, get_role_policy>(),
    api::route<op::GetServiceLinkedRoleDeletionStatus, get_service_linked_role_deletion_status>(),
    api::route<op::GetUser, get_user>(),
    api::route<op::ListAccountAliases, list_account_aliases>(),
    api::route<op::ListAttachedRolePolicies, list_attached_role_policies>(),
    api::route<op::ListEntitiesForPolicy, list_entities_for_policy>(),
    api::route<op::ListInstanceProfileTags, list_instance_profile_tags>(),
    api::route<op::ListInstanceProfiles, list_instance_profiles>(),
    api::route<op::ListInstanceProfilesForRole, list_instance_profiles_for_role>(),
    api::route<op::ListPolicies, list_policies>(),
    api::route<op::ListPolicyTags, list_policy_tags>(),
    api::route<op::ListPolicyVersions, list_policy_versions>(),
    api::route<op::ListRolePolicies, list_role_policies>(),
    api::route<op::ListRoleTags, list_role_tags>(),
    api::route<op::ListRoles, list_roles>(),
    api::route<op::PutRolePolicy, put_role_policy>(),
    api::route<op::RemoveRoleFromInstanceProfile, remove_role_from_instance_profile>(),
    api::route<op::SetDefaultPolicyVersion, set_default_policy_version>(),
    api::route<op::TagInstanceProfile, tag_instance_profile>(),
    api::route<op::TagPolicy, tag_policy>(),
    api::route<op::TagRole, tag_role>(),
    api::route<op::UntagInstanceProfile, untag_instance_profile>(),
    api::route<op::UntagPolicy, untag_policy>(),
    api::route<op::UntagRole, untag_role>(),
    api::route<op::UpdateAssumeRolePolicy, update_assume_role_policy>(),
    api::route<op::UpdateRole, update_role>(),
    api::route<op::UpdateRoleDescription, update_role_description>(),
};

std::span<const api::Route> routes() { return kIamRoutes; }

}  // namespace services::iam

#include <fmt/format.h>

#include <algorithm>

#include "services/iam/handlers.h"
#include "services/iam/lookup.h"
#include "services/iam/policy_document.h"

namespace services::iam {
namespace {

constexpr std::size_t kVersionsMost = 5;

tl::unexpected<Error> no_version(const std::string& arn, const std::string& version) {
  return fail("NoSuchEntity", fmt::format("Policy {} version {} does not exist or is not attachable.", arn, version));
}

Result<const model::ManagedPolicyVersion*> find_version(const model::ManagedPolicy& policy, const std::string& version) {
  const auto found = std::ranges::find_if(policy.versions, [&](const model::ManagedPolicyVersion& one) {
    return fmt::format("v{}", one.number) == version;
  });
  if (found == policy.versions.end()) return no_version(policy.arn, version);
  return &*found;
}

/// Lists leave the document out.
api::iam::PolicyVersion show_version(const model::ManagedPolicy& policy, const model::ManagedPolicyVersion& version,
                                     bool document) {
  api::iam::PolicyVersion shown;
  if (document) shown.document = encode_document(version.document);
  shown.version_id = fmt::format("v{}", version.number);
  shown.is_default_version = version.number == policy.default_version;
  shown.create_date = api::Timestamp{to_ms(version.created_at)};
  return shown;
}

api::iam::PolicyVersion show_aws_version(const AwsPolicy& policy, bool document) {
  api::iam::PolicyVersion shown;
  if (document) shown.document = encode_document(policy.document);
  shown.version_id = std::string(policy.version);
  shown.is_default_version = true;
  shown.create_date = api::Timestamp{policy.updated_ms};
  return shown;
}

}  // namespace

Answer<op::CreatePolicyVersion> create_policy_version(Context& context, const op::CreatePolicyVersion::Input& in) {
  TRY(const model::ManagedPolicy* policy, find_own_policy(context, *in.policy_arn));
  TRY_VOID(check_policy_document(*in.policy_document, PolicyKind::identity));
  TRY_VOID(check_policy_size(*in.policy_document, PolicyKind::identity));
  if (policy->versions.size() >= kVersionsMost) {
    return fail("LimitExceeded", fmt::format("A managed policy can have up to {} versions. Before you create a new version, "
                                             "you must delete an existing version.",
                                             kVersionsMost));
  }
  op::CreatePolicyVersion::Output out;
  context.state.managed_policies.update(*in.policy_arn, [&](model::ManagedPolicy& record) {
    auto& version = record.versions.emplace_back();
    version.number = record.next_version++;
    version.document = *in.policy_document;
    version.created_at = context.now;
    if (in.set_as_default.value_or(false)) record.default_version = version.number;
    record.updated_at = context.now;
    out.policy_version = show_version(record, version, false);
  });
  return out;
}

Answer<op::GetPolicyVersion> get_policy_version(Context& context, const op::GetPolicyVersion::Input& in) {
  TRY(const FoundPolicy found, find_policy(context, *in.policy_arn));
  op::GetPolicyVersion::Output out;
  if (found.aws) {
    if (*in.version_id != found.aws->version) return no_version(*in.policy_arn, *in.version_id);
    out.policy_version = show_aws_version(*found.aws, true);
    return out;
  }
  TRY(const model::ManagedPolicyVersion* version, find_version(*found.own, *in.version_id));
  out.policy_version = show_version(*found.own, *version, true);
  return out;
}

Answer<op::ListPolicyVersions> list_policy_versions(Context& context, const op::ListPolicyVersions::Input& in) {
  TRY(const FoundPolicy found, find_policy(context, *in.policy_arn));
  op::ListPolicyVersions::Output out;
  auto& shown = out.versions.emplace();
  out.is_truncated = false;  // five at most
  if (found.aws) {
    shown.push_back(show_aws_version(*found.aws, false));
    return out;
  }
  for (const auto& version : found.own->versions) shown.insert(shown.begin(), show_version(*found.own, version, false));
  return out;
}

Answer<op::SetDefaultPolicyVersion> set_default_policy_version(Context& context,
                                                               const op::SetDefaultPolicyVersion::Input& in) {
  TRY(const model::ManagedPolicy* policy, find_own_policy(context, *in.policy_arn));
  TRY(const model::ManagedPolicyVersion* version, find_version(*policy, *in.version_id));
  const int number = version->number;
  context.state.managed_policies.update(*in.policy_arn, [&](model::ManagedPolicy& record) { record.default_version = number; });
  return {};
}

Answer<op::DeletePolicyVersion> delete_policy_version(Context& context, const op::DeletePolicyVersion::Input& in) {
  TRY(const model::ManagedPolicy* policy, find_own_policy(context, *in.policy_arn));
  TRY(const model::ManagedPolicyVersion* version, find_version(*policy, *in.version_id));
  const int number = version->number;
  if (number == policy->default_version) {
    return fail("DeleteConflict", "Cannot delete the default version of a policy.");
  }
  context.state.managed_policies.update(*in.policy_arn, [&](model::ManagedPolicy& record) {
    std::erase_if(record.versions, [&](const model::ManagedPolicyVersion& one) { return one.number == number; });
  });
  return {};
}

}  // namespace services::iam

#include "services/iam/render.h"

#include <fmt/format.h>

#include "services/iam/policy_document.h"

namespace services::iam {

api::iam::Role show_role(const model::Role& role, bool details) {
  api::iam::Role shown;
  shown.path = role.path;
  shown.role_name = role.name;
  shown.role_id = role.id;
  shown.arn = role.arn;
  shown.create_date = api::Timestamp{to_ms(role.created_at)};
  shown.assume_role_policy_document = encode_document(role.trust_policy);
  shown.description = role.description;
  shown.max_session_duration = role.max_session_duration;
  if (details) {
    if (!role.tags.empty()) shown.tags = show_tags(role.tags);
    shown.role_last_used.emplace();
  }
  return shown;
}

api::iam::InstanceProfile show_instance_profile(const Context& context, const model::InstanceProfile& profile,
                                                bool details) {
  api::iam::InstanceProfile shown;
  shown.path = profile.path;
  shown.instance_profile_name = profile.name;
  shown.instance_profile_id = profile.id;
  shown.arn = profile.arn;
  shown.create_date = api::Timestamp{to_ms(profile.created_at)};
  auto& roles = shown.roles.emplace();
  if (const model::Role* role = context.state.roles.find(profile.role)) {
    roles.push_back(show_role(*role, false));
    roles.back().max_session_duration.reset();  // IAM leaves it out here
  }
  if (details && !profile.tags.empty()) shown.tags = show_tags(profile.tags);
  return shown;
}

api::iam::Policy show_policy(const Context& context, const FoundPolicy& policy, bool details) {
  api::iam::Policy shown;
  if (policy.own) {
    const model::ManagedPolicy& own = *policy.own;
    shown.policy_name = own.name;
    shown.policy_id = own.id;
    shown.arn = own.arn;
    shown.path = own.path;
    shown.default_version_id = fmt::format("v{}", own.default_version);
    shown.create_date = api::Timestamp{to_ms(own.created_at)};
    shown.update_date = api::Timestamp{to_ms(own.updated_at)};
    if (details) {
      shown.description = own.description;
      if (!own.tags.empty()) shown.tags = show_tags(own.tags);
    }
  } else {
    const AwsPolicy& aws = *policy.aws;
    shown.policy_name = std::string(aws.name);
    shown.policy_id = aws_policy_id(aws);
    shown.arn = aws_policy_arn(aws);
    shown.path = std::string(aws.path);
    shown.default_version_id = std::string(aws.version);
    shown.create_date = api::Timestamp{aws.created_ms};
    shown.update_date = api::Timestamp{aws.updated_ms};
  }
  shown.attachment_count = attachments(context, *shown.arn);
  shown.permissions_boundary_usage_count = 0;
  shown.is_attachable = true;
  return shown;
}

}  // namespace services::iam

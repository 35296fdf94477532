// Finds records by what clients name them with, or answers AWS's error; ids, names and paths. Called by this service's
// handlers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/iam.h"
#include "services/context.h"
#include "services/iam/managed_policies.h"
#include "services/page.h"

namespace services::iam {

/// Makes those roles that AWS makes itself when a service is first used, and that are not there.
void make_roles_of_used_services(Context& context);
Result<const model::Role*> find_role(Context& context, const std::string& name);
/// The same, refusing service-linked roles: only their service changes them.
Result<const model::Role*> find_role_to_change(Context& context, const std::string& name);
Result<const model::InstanceProfile*> find_instance_profile(const Context& context, const std::string& name);

/// A customer's or AWS's own: exactly one is set.
struct FoundPolicy {
  const model::ManagedPolicy* own = nullptr;
  const AwsPolicy* aws = nullptr;
};
Result<FoundPolicy> find_policy(const Context& context, const std::string& arn);
/// A customer's, which may be changed.
Result<const model::ManagedPolicy*> find_own_policy(const Context& context, const std::string& arn);
/// How many roles it is attached to.
int attachments(const Context& context, const std::string& policy_arn);

/// "AROA" and 17 capitals and digits.
std::string new_id(Context& context, std::string_view prefix);
/// `resource`: "role", "policy", "instance-profile". IAM's ARNs have no region.
std::string arn_of(const Context& context, std::string_view resource, const std::string& path, const std::string& name);
/// "/" or "/…/", printable.
Result<std::string> read_path(const std::optional<std::string>& given);
/// Letters, digits and + = , . @ _ -, at most `most`.
Result<void> check_name(const char* member, const std::string& name, std::size_t most);
/// IAM's names differ in more than their case.
bool same_name(std::string_view one, std::string_view other);

/// Adds to or replaces in `tags`, whose keys, too, differ in more than their case.
Result<void> set_tags(model::Tags& tags, const std::optional<std::vector<api::iam::Tag>>& given);
std::vector<api::iam::Tag> show_tags(const model::Tags& tags);

/// IAM's page: items in ascending key order, Marker and IsTruncated.
template <class Input>
Result<Page> page_of(const Input& in) {
  constexpr int kMostItems = 100;
  return Page::open(in.marker, static_cast<std::size_t>(in.max_items.value_or(kMostItems)), "InvalidInput");
}
template <class Output>
void end_page(Output& out, const Page& page) {
  out.marker = page.next_token();
  out.is_truncated = page.full();
}

}  // namespace services::iam

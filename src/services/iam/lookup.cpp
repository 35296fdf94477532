#include "services/iam/lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace services::iam {

Result<const model::Role*> find_role(Context& context, const std::string& name) {
  if (const auto* found = context.state.roles.find(name)) return found;
  make_roles_of_used_services(context);
  if (const auto* found = context.state.roles.find(name)) return found;
  return fail("NoSuchEntity", fmt::format("The role with name {} cannot be found.", name));
}

Result<const model::Role*> find_role_to_change(Context& context, const std::string& name) {
  TRY(const model::Role* role, find_role(context, name));
  if (!role->service_linked()) return role;
  return fail("UnmodifiableEntity",
              fmt::format("Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS", name));
}

Result<const model::InstanceProfile*> find_instance_profile(const Context& context, const std::string& name) {
  if (const auto* found = context.state.instance_profiles.find(name)) return found;
  return fail("NoSuchEntity", fmt::format("Instance Profile {} cannot be found.", name));
}

Result<FoundPolicy> find_policy(const Context& context, const std::string& arn) {
  if (const auto* own = context.state.managed_policies.find(arn)) return FoundPolicy{.own = own};
  if (const auto* aws = find_aws_policy(arn)) return FoundPolicy{.aws = aws};
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "iam") {
    return fail("InvalidInput", fmt::format("ARN {} is not valid.", arn));
  }
  if (parsed->account == "aws") {
    return fail("NoSuchEntity", fmt::format("Policy {} was not found. This engine knows the AWS managed policies that "
                                            "ListPolicies lists; put what others allow into a policy of your own.",
                                            arn));
  }
  return fail("NoSuchEntity", fmt::format("Policy {} was not found.", arn));
}

Result<const model::ManagedPolicy*> find_own_policy(const Context& context, const std::string& arn) {
  TRY(const FoundPolicy found, find_policy(context, arn));
  if (found.own) return found.own;
  return fail("AccessDenied", fmt::format("Policy {} is managed by AWS and cannot be changed.", arn));
}

int attachments(const Context& context, const std::string& policy_arn) {
  int count = 0;
  for (const auto& [name, role] : context.state.roles.all()) {
    count += static_cast<int>(std::ranges::count(role.attached_policies, policy_arn));
  }
  return count;
}

std::string new_id(Context& context, std::string_view prefix) {
  constexpr std::size_t kLetters = 17;
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string id(prefix);
  for (std::size_t i = 0; i < kLetters; ++i) id.push_back(kAlphabet[context.random.below(32)]);
  return id;
}

std::string arn_of(const Context& context, std::string_view resource, const std::string& path, const std::string& name) {
  return fmt::format("arn:aws:iam::{}:{}{}{}", context.account.id, resource, path, name);
}

Result<std::string> read_path(const std::optional<std::string>& given) {
  const std::string path = given.value_or("/");
  const bool printable = std::ranges::all_of(path, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (printable && path.starts_with('/') && path.ends_with('/')) return path;
  return fail("ValidationError", fmt::format("The specified value for path is invalid. It must begin and end with / and "
                                             "contain only alphanumeric characters and/or / characters. ({})",
                                             path));
}

Result<void> check_name(const char* member, const std::string& name, std::size_t most) {
  const bool plain = std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("+=,.@_-").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (!plain) {
    return fail("ValidationError", fmt::format("The specified value for {} is invalid. It must contain only alphanumeric "
                                               "characters and/or the following: +=,.@_-",
                                               member));
  }
  if (!name.empty() && name.size() <= most) return {};
  return fail("ValidationError",
              fmt::format("1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: Member must have "
                          "length less than or equal to {}",
                          name, member, most));
}

bool same_name(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other,
                            [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

Result<void> set_tags(model::Tags& tags, const std::optional<std::vector<api::iam::Tag>>& given) {
  constexpr std::size_t kMostTags = 50;
  const auto key_is = [](const std::string& key) {
    return [&key](const std::string& other) { return same_name(key, other); };
  };
  std::vector<std::string> keys;
  for (const api::iam::Tag& tag : given.value_or(std::vector<api::iam::Tag>())) {
    const std::string key = tag.key.value_or("");
    if (key.empty() || key.starts_with("aws:")) {
      return fail("InvalidInput", fmt::format("The tag key '{}' is not valid: it may not be empty nor begin with aws:", key));
    }
    if (std::ranges::any_of(keys, key_is(key))) {
      return fail("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    }
    keys.push_back(key);
    const auto same = std::ranges::find_if(tags, key_is(key), &model::Tag::key);
    auto& kept = same == tags.end() ? tags.emplace_back() : *same;
    kept.key = key;
    kept.value = tag.value.value_or("");
  }
  if (tags.size() > kMostTags) {
    return fail("LimitExceeded", fmt::format("The number of tags has reached the maximum limit: {}.", kMostTags));
  }
  return {};
}

std::vector<api::iam::Tag> show_tags(const model::Tags& tags) {
  std::vector<api::iam::Tag> shown;
  for (const model::Tag& tag : tags) shown.push_back({.key = tag.key, .value = tag.value});
  return shown;
}

}  // namespace services::iam

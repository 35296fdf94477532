#include "services/ecr/lookup.h"

#include <fmt/format.h>

#include <algorithm>

namespace services::ecr {

Result<const model::Repository*> find_repository(const Context& context, const std::optional<std::string>& registry,
                                                 const std::string& name) {
  const std::string account = registry.value_or(context.account.id);
  const model::Repository* found = context.state.repositories.find(name);
  if (found && account == context.account.id) return found;
  return fail("RepositoryNotFoundException",
              fmt::format("The repository with name '{}' does not exist in the registry with id '{}'", name, account));
}

Result<const model::Repository*> find_repository_by_arn(const Context& context, const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  constexpr std::string_view kKind = "repository/";
  if (!parsed || parsed->service != "ecr" || !parsed->resource.starts_with(kKind)) {
    return fail("InvalidParameterException",
                fmt::format("Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN' ({})", arn));
  }
  return find_repository(context, parsed->account, parsed->resource.substr(kKind.size()));
}

Result<void> set_tags(model::Tags& tags, const std::optional<std::vector<api::ecr::Tag>>& given) {
  constexpr std::size_t kMostTags = 50;
  for (const api::ecr::Tag& tag : given.value_or(std::vector<api::ecr::Tag>())) {
    const std::string key = tag.key.value_or("");
    if (key.empty() || key.starts_with("aws:")) {
      return fail("InvalidTagParameterException", fmt::format("The tag key '{}' is not valid: it may not be empty nor begin "
                                                              "with aws:",
                                                              key));
    }
    const auto same = std::ranges::find(tags, key, &model::Tag::key);
    auto& kept = same == tags.end() ? tags.emplace_back() : *same;
    kept.key = key;
    kept.value = tag.value.value_or("");
  }
  if (tags.size() > kMostTags) {
    return fail("TooManyTagsException", fmt::format("A repository can have at most {} tags.", kMostTags));
  }
  return {};
}

}  // namespace services::ecr

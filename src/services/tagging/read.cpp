#include <algorithm>
#include <set>

#include "services/page.h"
#include "services/tagging/handlers.h"
#include "services/tagging/tagged.h"

namespace services::tagging {
namespace {

constexpr std::size_t kKeysOnPage = 1000;

tl::unexpected<Error> invalid(std::string text) { return fail("InvalidParameterException", std::move(text)); }

/// "ec2" is every type of that service.
bool of_type(const std::string& type, const std::vector<std::string>& wanted) {
  return std::ranges::any_of(wanted, [&](const std::string& one) { return type == one || type.starts_with(one + ":"); });
}

/// All filters hold; one without values asks for the key alone.
bool passes(const Tagged& resource, const std::vector<api::resourcegroupstaggingapi::TagFilter>& filters) {
  return std::ranges::all_of(filters, [&](const auto& filter) {
    const auto tag = resource.tags.find(filter.key.value_or(""));
    if (tag == resource.tags.end()) return false;
    return !filter.values || filter.values->empty() || std::ranges::count(*filter.values, tag->second) > 0;
  });
}

/// Answers always have a token: an empty one if there is no other page.
Result<Page> page_of(const std::optional<std::string>& token, std::size_t limit) {
  return Page::open(token, limit, "InvalidParameterException");
}

}  // namespace

Answer<op::GetResources> get_resources(Context& context, const op::GetResources::Input& in) {
  constexpr int kMost = 100, kUsual = 50;
  if (in.include_compliance_details.value_or(false) || in.exclude_compliant_resources.value_or(false)) {
    return invalid("This engine has no tag policies: compliance details are not served.");
  }
  const bool by_arn = in.resource_arn_list && !in.resource_arn_list->empty();
  if (by_arn && ((in.tag_filters && !in.tag_filters->empty()) || in.resources_per_page || in.tags_per_page)) {
    return invalid("The ResourceARNList parameter cannot be specified with TagFilters, ResourcesPerPage or TagsPerPage.");
  }
  const int limit = in.resources_per_page.value_or(kUsual);
  if (limit < 1 || limit > kMost) return invalid("The ResourcesPerPage value must be from 1 to 100.");
  op::GetResources::Output out;
  auto& shown = out.resource_tag_mapping_list.emplace();
  TRY(Page page, page_of(in.pagination_token, static_cast<std::size_t>(by_arn ? kMost : limit)));
  for (const auto& [arn, resource] : tagged_resources(context)) {
    if (in.resource_type_filters && !in.resource_type_filters->empty() && !of_type(resource.type, *in.resource_type_filters)) {
      continue;
    }
    if (by_arn && std::ranges::count(*in.resource_arn_list, arn) == 0) continue;
    if (in.tag_filters && !passes(resource, *in.tag_filters)) continue;
    if (page.full()) break;
    if (!page.take(arn)) continue;
    auto& mapping = shown.emplace_back();
    mapping.resource_arn = arn;
    auto& tags = mapping.tags.emplace();
    for (const auto& [key, value] : resource.tags) tags.push_back({.key = key, .value = value});
  }
  out.pagination_token = page.next_token().value_or("");
  return out;
}

Answer<op::GetTagKeys> get_tag_keys(Context& context, const op::GetTagKeys::Input& in) {
  std::set<std::string> keys;
  for (const auto& [arn, resource] : tagged_resources(context)) {
    for (const auto& [key, value] : resource.tags) keys.insert(key);
  }
  op::GetTagKeys::Output out;
  auto& shown = out.tag_keys.emplace();
  TRY(Page page, page_of(in.pagination_token, kKeysOnPage));
  for (const std::string& key : keys) {
    if (page.take(key)) shown.push_back(key);
  }
  out.pagination_token = page.next_token().value_or("");
  return out;
}

Answer<op::GetTagValues> get_tag_values(Context& context, const op::GetTagValues::Input& in) {
  std::set<std::string> values;
  for (const auto& [arn, resource] : tagged_resources(context)) {
    if (const auto tag = resource.tags.find(*in.key); tag != resource.tags.end()) values.insert(tag->second);
  }
  op::GetTagValues::Output out;
  auto& shown = out.tag_values.emplace();
  TRY(Page page, page_of(in.pagination_token, kKeysOnPage));
  for (const std::string& value : values) {
    if (page.take(value)) shown.push_back(value);
  }
  out.pagination_token = page.next_token().value_or("");
  return out;
}

}  // namespace services::tagging

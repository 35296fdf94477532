#include "services/elbv2/tags.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/elbv2/lookup.h"

namespace services::elbv2 {

namespace {

constexpr std::size_t kTagsPerResource = 50;
constexpr std::size_t kArnsPerDescribe = 20;

Result<const model::Tags*> tags_of(const Context& context, const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  const std::string kind = parsed ? parsed->resource.substr(0, parsed->resource.find('/')) : "";
  if (kind == "loadbalancer") {
    TRY(const auto* found, find_load_balancer(context, arn));
    return &found->tags;
  }
  if (kind == "targetgroup") {
    TRY(const auto* found, find_target_group(context, arn));
    return &found->tags;
  }
  if (kind == "listener") {
    TRY(const auto* found, find_listener(context, arn));
    return &found->tags;
  }
  if (kind == "listener-rule") {
    TRY(const FoundRule found, find_rule(context, arn));
    return found.rule != nullptr ? &found.rule->tags : &found.listener->tags;
  }
  return fail("ValidationError",
              fmt::format("'{}' is not a valid load balancer, listener, rule or target group ARN", arn));
}

/// change(Tags&) on the record that the ARN names; it exists.
template <class Change>
Result<void> change_tags(Context& context, const std::string& arn, Change&& change) {
  auto& state = context.state;
  Result<void> done;
  const auto apply = [&](auto& record) { done = change(record.tags); };
  if (!state.load_balancers.update(arn, apply) && !state.target_groups.update(arn, apply) &&
      !state.listeners.update(arn, apply) && !state.listener_rules.update(arn, apply))
    return fail("OperationNotPermitted", fmt::format("Default rule '{}' cannot be tagged", arn));
  return done;
}

}  // namespace

Result<model::Tags> merge_tags(model::Tags current, const std::optional<std::vector<shape::Tag>>& given) {
  if (!given) return current;
  std::set<std::string> keys;
  for (const auto& tag : *given) {
    const std::string key = tag.key.value_or("");
    if (!keys.insert(key).second)
      return fail("DuplicateTagKeys", fmt::format("The tag key '{}' was specified more than once", key));
    if (key.starts_with("aws:")) return fail("ValidationError", "Tag keys that begin with 'aws:' are reserved for AWS");
    const auto same = std::ranges::find(current, key, &model::Tag::key);
    if (same != current.end())
      same->value = tag.value.value_or("");
    else
      current.push_back({key, tag.value.value_or("")});
  }
  if (current.size() > kTagsPerResource)
    return fail("TooManyTags", fmt::format("A resource can have at most {} tags", kTagsPerResource));
  return current;
}

Answer<op::AddTags> add_tags(Context& context, const op::AddTags::Input& in) {
  for (const auto& arn : *in.resource_arns) {
    TRY_VOID(tags_of(context, arn));
    TRY_VOID(change_tags(context, arn, [&](model::Tags& tags) -> Result<void> {
      TRY(model::Tags merged, merge_tags(tags, in.tags));
      tags = std::move(merged);
      return {};
    }));
  }
  return {};
}

Answer<op::RemoveTags> remove_tags(Context& context, const op::RemoveTags::Input& in) {
  for (const auto& arn : *in.resource_arns) {
    TRY_VOID(tags_of(context, arn));
    TRY_VOID(change_tags(context, arn, [&](model::Tags& tags) -> Result<void> {
      std::erase_if(
          tags, [&](const model::Tag& tag) { return std::ranges::find(*in.tag_keys, tag.key) != in.tag_keys->end(); });
      return {};
    }));
  }
  return {};
}

Answer<op::DescribeTags> describe_tags(Context& context, const op::DescribeTags::Input& in) {
  if (in.resource_arns->size() > kArnsPerDescribe)
    return fail("ValidationError", fmt::format("At most {} resources can be described in one call", kArnsPerDescribe));
  op::DescribeTags::Output out;
  auto& descriptions = out.tag_descriptions.emplace();
  for (const auto& arn : *in.resource_arns) {
    TRY(const model::Tags* tags, tags_of(context, arn));
    auto& description = descriptions.emplace_back();
    description.resource_arn = arn;
    auto& shown = description.tags.emplace();
    for (const auto& tag : *tags) shown.push_back({.key = tag.key, .value = tag.value});
  }
  return out;
}

}  // namespace services::elbv2

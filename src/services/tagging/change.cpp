#include <fmt/format.h>

#include <algorithm>

#include "services/tagging/handlers.h"
#include "services/tagging/tagged.h"

namespace services::tagging {
namespace {

api::resourcegroupstaggingapi::FailureInfo failure(const std::string& message) {
  constexpr int kBadRequest = 400;
  return {.status_code = kBadRequest, .error_code = "InvalidParameterException", .error_message = message};
}

api::resourcegroupstaggingapi::FailureInfo nothing_there(const std::string& arn) {
  return failure(fmt::format("Nothing with tags has the ARN {}", arn));
}

}  // namespace

Answer<op::TagResources> tag_resources(Context& context, const op::TagResources::Input& in) {
  constexpr std::size_t kMostTags = 50;
  for (const auto& [key, value] : *in.tags) {
    if (key.starts_with("aws:")) {
      return fail("InvalidParameterException", fmt::format("Tag keys that begin with aws: are reserved: {}", key));
    }
  }
  op::TagResources::Output out;
  auto& failed = out.failed_resources_map.emplace();
  for (const std::string& arn : *in.resource_arn_list) {
    bool fits = true;
    const bool found = change_tags(context, arn, [&](model::Tags& tags) {
      model::Tags changed = tags;
      for (const auto& [key, value] : *in.tags) {
        const auto same = std::ranges::find(changed, key, &model::Tag::key);
        if (same != changed.end()) same->value = value;
        else changed.push_back({key, value});
      }
      fits = changed.size() <= kMostTags;
      if (fits) tags = std::move(changed);
    });
    if (!found) failed[arn] = nothing_there(arn);
    if (!fits) failed[arn] = failure(fmt::format("A resource can have at most {} tags", kMostTags));
  }
  return out;
}

Answer<op::UntagResources> untag_resources(Context& context, const op::UntagResources::Input& in) {
  op::UntagResources::Output out;
  auto& failed = out.failed_resources_map.emplace();
  for (const std::string& arn : *in.resource_arn_list) {
    const bool found = change_tags(context, arn, [&](model::Tags& tags) {
      std::erase_if(tags, [&](const model::Tag& tag) { return std::ranges::count(*in.tag_keys, tag.key) > 0; });
    });
    if (!found) failed[arn] = nothing_there(arn);
  }
  return out;
}

}  // namespace services::tagging

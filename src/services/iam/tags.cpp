#include <algorithm>

#include "services/iam/handlers.h"
#include "services/iam/lookup.h"

namespace services::iam {
namespace {

template <class Record>
Result<void> add(state::Table<Record>& table, const std::string& key, const std::optional<std::vector<api::iam::Tag>>& given) {
  model::Tags tags = table.find(key)->tags;
  TRY_VOID(set_tags(tags, given));
  table.update(key, [&](Record& record) { record.tags = std::move(tags); });
  return {};
}

template <class Record>
void remove(state::Table<Record>& table, const std::string& key, const std::vector<std::string>& gone) {
  table.update(key, [&](Record& record) {
    std::erase_if(record.tags, [&](const model::Tag& tag) { return std::ranges::count(gone, tag.key) > 0; });
  });
}

template <class Output, class Input>
Result<Output> list(const model::Tags& tags, const Input& in) {
  model::Tags sorted = tags;
  std::ranges::sort(sorted, {}, &model::Tag::key);
  Output out;
  auto& shown = out.tags.emplace();
  TRY(Page page, page_of(in));
  for (const model::Tag& tag : sorted) {
    if (page.take(tag.key)) shown.push_back({.key = tag.key, .value = tag.value});
  }
  end_page(out, page);
  return out;
}

}  // namespace

Answer<op::TagRole> tag_role(Context& context, const op::TagRole::Input& in) {
  TRY_VOID(find_role(context, *in.role_name));
  TRY_VOID(add(context.state.roles, *in.role_name, in.tags));
  return {};
}

Answer<op::UntagRole> untag_role(Context& context, const op::UntagRole::Input& in) {
  TRY_VOID(find_role(context, *in.role_name));
  remove(context.state.roles, *in.role_name, *in.tag_keys);
  return {};
}

Answer<op::ListRoleTags> list_role_tags(Context& context, const op::ListRoleTags::Input& in) {
  TRY(const model::Role* role, find_role(context, *in.role_name));
  return list<op::ListRoleTags::Output>(role->tags, in);
}

Answer<op::TagPolicy> tag_policy(Context& context, const op::TagPolicy::Input& in) {
  TRY_VOID(find_own_policy(context, *in.policy_arn));
  TRY_VOID(add(context.state.managed_policies, *in.policy_arn, in.tags));
  return {};
}

Answer<op::UntagPolicy> untag_policy(Context& context, const op::UntagPolicy::Input& in) {
  TRY_VOID(find_own_policy(context, *in.policy_arn));
  remove(context.state.managed_policies, *in.policy_arn, *in.tag_keys);
  return {};
}

Answer<op::ListPolicyTags> list_policy_tags(Context& context, const op::ListPolicyTags::Input& in) {
  TRY(const FoundPolicy found, find_policy(context, *in.policy_arn));
  return list<op::ListPolicyTags::Output>(found.own ? found.own->tags : model::Tags(), in);
}

Answer<op::TagInstanceProfile> tag_instance_profile(Context& context, const op::TagInstanceProfile::Input& in) {
  TRY_VOID(find_instance_profile(context, *in.instance_profile_name));
  TRY_VOID(add(context.state.instance_profiles, *in.instance_profile_name, in.tags));
  return {};
}

Answer<op::UntagInstanceProfile> untag_instance_profile(Context& context, const op::UntagInstanceProfile::Input& in) {
  TRY_VOID(find_instance_profile(context, *in.instance_profile_name));
  remove(context.state.instance_profiles, *in.instance_profile_name, *in.tag_keys);
  return {};
}

Answer<op::ListInstanceProfileTags> list_instance_profile_tags(Context& context,
                                                               const op::ListInstanceProfileTags::Input& in) {
  TRY(const model::InstanceProfile* profile, find_instance_profile(context, *in.instance_profile_name));
  return list<op::ListInstanceProfileTags::Output>(profile->tags, in);
}

}  // namespace services::iam

#include "services/ec2/tags.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/permissions.h"

namespace services::ec2 {
namespace {

constexpr std::size_t kMostTags = 50;

struct Kind {
  std::string_view prefix, name;
  const char* not_found;
};
constexpr Kind kKinds[] = {{"vpc-", "vpc", "InvalidVpcID.NotFound"},
                           {"subnet-", "subnet", "InvalidSubnetID.NotFound"},
                           {"sg-", "security-group", "InvalidGroup.NotFound"},
                           {"lt-", "launch-template", "InvalidLaunchTemplateId.NotFound"},
                           {"i-", "instance", "InvalidInstanceID.NotFound"},
                           {"rtb-", "route-table", "InvalidRouteTableID.NotFound"},
                           {"igw-", "internet-gateway", "InvalidInternetGatewayID.NotFound"},
                           {"nat-", "natgateway", "NatGatewayNotFound"},
                           {"eipalloc-", "elastic-ip", "InvalidAllocationID.NotFound"},
                           {"sgr-", "security-group-rule", "InvalidSecurityGroupRuleId.NotFound"}};

/// Rules are kept in their group.
template <class Change>
bool change_rule_tags(Context& context, const std::string& id, Change&& change) {
  for (const auto& [group_id, group] : context.state.security_groups.all()) {
    Rules rules = rules_of(group);
    const auto rule = std::ranges::find_if(rules, [&](const auto& one) { return one.security_group_rule_id == id; });
    if (rule == rules.end()) continue;
    struct {
      model::Tags tags;
    } record;
    for (const auto& tag : rule->tags.value_or(std::vector<api::ec2::Tag>())) {
      record.tags.push_back({tag.key.value_or(""), tag.value.value_or("")});
    }
    change(record);
    rule->tags = show_tags(record.tags);
    context.state.security_groups.update(std::string(group_id), [&](model::SecurityGroup& kept) { keep_rules(kept, rules); });
    return true;
  }
  return false;
}

/// change(Tags&) -> Result<void> on the record with this id.
template <class Change>
Result<void> change_tags(Context& context, const std::string& id, Change&& change) {
  auto& state = context.state;
  Result<void> done;
  const auto apply = [&](auto& record) { done = change(record.tags); };
  for (const Kind& kind : kKinds) {
    if (!id.starts_with(kind.prefix)) continue;
    if (state.vpcs.update(id, apply) || state.subnets.update(id, apply) || state.security_groups.update(id, apply) ||
        state.launch_templates.update(id, apply) || state.instances.update(id, apply) ||
        state.route_tables.update(id, apply) || state.internet_gateways.update(id, apply) ||
        state.nat_gateways.update(id, apply) || state.elastic_addresses.update(id, apply) ||
        change_rule_tags(context, id, apply)) {
      return done;
    }
    return fail(kind.not_found, fmt::format("The ID '{}' does not exist", id));
  }
  return fail("InvalidID", fmt::format("The ID '{}' is not valid", id));
}

/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html: counted in characters, not in bytes.
Result<void> check_tag(const std::string& key, const std::string& value) {
  constexpr std::ptrdiff_t kKeyLength = 128, kValueLength = 256;
  const auto length = [](const std::string& text) {
    return std::ranges::count_if(text, [](unsigned char c) { return (c & 0xc0) != 0x80; });
  };
  if (key.empty()) return fail("InvalidParameterValue", "Tag keys must not be empty");
  if (key.starts_with("aws:")) {
    return fail("InvalidParameterValue",
                "Value ( " + key + " ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for "
                "internal use");
  }
  if (length(key) > kKeyLength) {
    return fail("InvalidParameterValue",
                fmt::format("Tag key exceeds the maximum length of {} characters", kKeyLength));
  }
  if (length(value) > kValueLength) {
    return fail("InvalidParameterValue",
                fmt::format("Tag value exceeds the maximum length of {} characters", kValueLength));
  }
  return {};
}

}  // namespace

Result<void> set_tags(model::Tags& tags, const std::vector<api::ec2::Tag>& given) {
  for (const api::ec2::Tag& tag : given) TRY_VOID(check_tag(tag.key.value_or(""), tag.value.value_or("")));
  for (const api::ec2::Tag& tag : given) {
    const std::string key = tag.key.value_or("");
    const auto same = std::ranges::find(tags, key, &model::Tag::key);
    if (same != tags.end()) {
      same->value = tag.value.value_or("");
    } else {
      tags.push_back({key, tag.value.value_or("")});
    }
  }
  if (tags.size() > kMostTags) return fail("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.");
  return {};
}

Result<model::Tags> read_tags(const std::optional<std::vector<api::ec2::TagSpecification>>& given,
                              std::string_view resource_type, const std::vector<std::string_view>& also) {
  model::Tags tags;
  if (!given) return tags;
  for (const auto& specification : *given) {
    const std::string type = specification.resource_type.value_or("");
    if (type == resource_type) {
      TRY_VOID(set_tags(tags, specification.tags.value_or(std::vector<api::ec2::Tag>())));
    } else if (std::ranges::find(also, type) == also.end()) {
      return fail("InvalidParameterValue",
                  fmt::format("'{}' is not a valid taggable resource type for this operation.", type));
    }
  }
  return tags;
}

std::optional<std::vector<api::ec2::Tag>> show_tags(const model::Tags& tags) {
  if (tags.empty()) return std::nullopt;
  std::vector<api::ec2::Tag> shown;
  for (const model::Tag& tag : tags) shown.push_back({.key = tag.key, .value = tag.value});
  return shown;
}

Answer<op::CreateTags> create_tags(Context& context, const op::CreateTags::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  for (const std::string& id : *in.resources) {
    TRY_VOID(change_tags(context, id, [&](model::Tags& tags) { return set_tags(tags, *in.tags); }));
  }
  return {};
}

Answer<op::DeleteTags> delete_tags(Context& context, const op::DeleteTags::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  for (const std::string& id : *in.resources) {
    TRY_VOID(change_tags(context, id, [&](model::Tags& tags) -> Result<void> {
      if (!in.tags) {
        tags.clear();
        return {};
      }
      std::erase_if(tags, [&](const model::Tag& tag) {
        return std::ranges::any_of(*in.tags, [&](const api::ec2::Tag& gone) {
          return gone.key == tag.key && (!gone.value || *gone.value == tag.value);  // a value given must be the tag's
        });
      });
      return {};
    }));
  }
  return {};
}

Answer<op::DescribeTags> describe_tags(Context& context, const op::DescribeTags::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  constexpr int kMostResults = 1000;
  op::DescribeTags::Output out;
  auto& shown = out.tags.emplace();
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostResults)), kInvalidToken));
  std::map<std::string, const model::Tags*> tagged;
  const auto collect = [&](const auto& table) {
    for (const auto& [id, record] : table.all()) tagged.emplace(id, &record.tags);
  };
  collect(context.state.vpcs);
  collect(context.state.subnets);
  collect(context.state.security_groups);
  collect(context.state.launch_templates);
  collect(context.state.instances);
  collect(context.state.route_tables);
  collect(context.state.internet_gateways);
  collect(context.state.nat_gateways);
  collect(context.state.elastic_addresses);
  for (const auto& [id, tags] : tagged) {
    const auto kind = std::ranges::find_if(kKinds, [&](const Kind& one) { return id.starts_with(one.prefix); });
    if (kind == std::end(kKinds)) continue;
    std::map<std::string, std::string> sorted;
    for (const model::Tag& tag : *tags) sorted.emplace(tag.key, tag.value);
    for (const auto& [key, value] : sorted) {
      TRY(const bool passed, passes(in.filters,
                                    {{"key", {key}},
                                     {"value", {value}},
                                     {"resource-id", {id}},
                                     {"resource-type", {std::string(kind->name)}}},
                                    {{key, value}}));
      if (passed && page.take(id + "/" + key)) {
        shown.push_back({.key = key, .resource_id = id, .resource_type = std::string(kind->name), .value = value});
      }
    }
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::ec2

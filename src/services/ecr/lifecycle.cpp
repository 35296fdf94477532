#include "services/ecr/lifecycle.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "services/ecr/images.h"

namespace services::ecr {

namespace json = boost::json;

namespace {

tl::unexpected<Error> invalid_policy(std::string_view why) {
  return fail("InvalidParameterException",
              fmt::format("Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy "
                          "validation failure: {}'",
                          why));
}

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

int number_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_int64() && value->as_int64() > 0 && value->as_int64() < 1'000'000 ? static_cast<int>(value->as_int64()) : 0;
}

std::vector<std::string> texts_at(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  const json::value* value = object.if_contains(key);
  if (!value || !value->is_array()) return texts;
  for (const json::value& item : value->as_array()) {
    if (item.is_string()) texts.emplace_back(item.as_string());
  }
  return texts;
}

Result<LifecycleRule> parse_rule(const json::object& object) {
  LifecycleRule rule;
  rule.priority = number_at(object, "rulePriority");
  rule.description = text_at(object, "description");
  const json::value* selection = object.if_contains("selection");
  const json::value* action = object.if_contains("action");
  if (rule.priority == 0) return invalid_policy("each rule needs a rulePriority of 1 or more");
  if (!selection || !selection->is_object()) return invalid_policy("each rule needs a selection");
  if (!action || !action->is_object() || text_at(action->as_object(), "type") != "expire") {
    return invalid_policy("the only action served by this engine is expire");
  }
  const json::object& selected = selection->as_object();
  rule.tag_status = text_at(selected, "tagStatus");
  rule.tag_prefixes = texts_at(selected, "tagPrefixList");
  rule.tag_patterns = texts_at(selected, "tagPatternList");
  rule.count_type = text_at(selected, "countType");
  rule.count_number = number_at(selected, "countNumber");
  if (rule.tag_status != "tagged" && rule.tag_status != "untagged" && rule.tag_status != "any") {
    return invalid_policy("tagStatus is tagged, untagged or any");
  }
  const bool lists = !rule.tag_prefixes.empty() || !rule.tag_patterns.empty();
  if (rule.tag_status == "tagged" && (!lists || (!rule.tag_prefixes.empty() && !rule.tag_patterns.empty()))) {
    return invalid_policy("a rule for tagged images needs either tagPrefixList or tagPatternList");
  }
  if (rule.tag_status != "tagged" && lists) return invalid_policy("tagPrefixList and tagPatternList go with tagStatus tagged only");
  if (rule.count_number == 0) return invalid_policy("countNumber is a number of 1 or more");
  if (rule.count_type == "sinceImagePushed") {
    if (text_at(selected, "countUnit") != "days") return invalid_policy("sinceImagePushed needs the countUnit days");
  } else if (rule.count_type != "imageCountMoreThan") {
    return invalid_policy("the countTypes served by this engine are imageCountMoreThan and sinceImagePushed");
  }
  return rule;
}

bool any_tag(const model::Image& image, const auto& holds) { return std::ranges::any_of(image.tags, holds); }

bool selects(const LifecycleRule& rule, const model::Image& image) {
  if (rule.tag_status == "any") return true;
  if (rule.tag_status == "untagged") return image.tags.empty();
  return std::ranges::all_of(rule.tag_prefixes,
                             [&](const std::string& prefix) {
                               return any_tag(image, [&](const std::string& tag) { return tag.starts_with(prefix); });
                             }) &&
         std::ranges::all_of(rule.tag_patterns, [&](const std::string& pattern) {
           return any_tag(image, [&](const std::string& tag) { return matches_pattern(pattern, tag); });
         });
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view tag) {
  std::size_t at = 0, star = std::string_view::npos, retry = 0, in = 0;
  while (in < tag.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      retry = in;
    } else if (at < pattern.size() && pattern[at] == tag[in]) {
      ++at;
      ++in;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in = ++retry;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

Result<std::vector<LifecycleRule>> parse_lifecycle_policy(std::string_view text) {
  json::error_code error;
  const json::value tree = json::parse(text, error);
  const json::object* object = error ? nullptr : tree.if_object();
  const json::value* list = object ? object->if_contains("rules") : nullptr;
  if (!list || !list->is_array()) return invalid_policy("the policy is no JSON object with rules");
  std::vector<LifecycleRule> rules;
  for (const json::value& item : list->as_array()) {
    if (!item.is_object()) return invalid_policy("a rule is an object");
    TRY(LifecycleRule rule, parse_rule(item.as_object()));
    rules.push_back(std::move(rule));
  }
  std::ranges::sort(rules, {}, &LifecycleRule::priority);
  if (std::ranges::adjacent_find(rules, {}, &LifecycleRule::priority) != rules.end()) {
    return invalid_policy("each rule needs a rulePriority of its own");
  }
  if (std::ranges::count(rules, "untagged", &LifecycleRule::tag_status) > 1) {
    return invalid_policy("only one rule may select untagged images");
  }
  const auto any = std::ranges::find(rules, "any", &LifecycleRule::tag_status);
  if (any != rules.end() && any + 1 != rules.end()) {
    return invalid_policy("the rule for any image must have the highest rulePriority, and there may be one only");
  }
  return rules;
}

std::vector<std::string> expired_images(const std::vector<LifecycleRule>& rules,
                                        const std::vector<const model::Image*>& images, Instant now) {
  std::vector<const model::Image*> youngest_first = images;
  std::ranges::stable_sort(youngest_first, std::greater(), &model::Image::pushed_at);
  std::set<std::string> in_an_index;
  for (const model::Image* image : images) in_an_index.insert(image->manifests.begin(), image->manifests.end());

  std::set<const model::Image*> decided, expired;
  for (const LifecycleRule& rule : rules) {
    std::vector<const model::Image*> selected;
    for (const model::Image* image : youngest_first) {
      if (selects(rule, *image)) selected.push_back(image);
    }
    for (std::size_t i = 0; i < selected.size(); ++i) {
      const bool goes = rule.count_type == "imageCountMoreThan"
                            ? i >= static_cast<std::size_t>(rule.count_number)
                            : selected[i]->pushed_at < now - hours(24) * rule.count_number;
      if (goes && !decided.contains(selected[i]) && !in_an_index.contains(selected[i]->digest)) expired.insert(selected[i]);
    }
    decided.insert(selected.begin(), selected.end());
  }
  std::vector<std::string> digests;
  for (const model::Image* image : youngest_first) {
    if (expired.contains(image)) digests.push_back(image->digest);
  }
  std::ranges::reverse(digests);
  return digests;
}

std::size_t expire_images(state::State& state, Instant now) {
  std::size_t gone = 0;
  for (const auto& [name, repository] : state.repositories.all()) {
    if (repository.lifecycle_policy.empty()) continue;
    const auto rules = parse_lifecycle_policy(repository.lifecycle_policy);
    if (!rules) continue;  // of a time when policies were not read
    for (const std::string& digest : expired_images(*rules, images_of(state, name), now)) {
      gone += state.images.erase(name + "@" + digest) ? 1 : 0;
    }
  }
  return gone;
}

}  // namespace services::ecr

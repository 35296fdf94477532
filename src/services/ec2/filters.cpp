#include "services/ec2/filters.h"

#include <algorithm>

namespace services::ec2 {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, after_star = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after_star = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++after_star;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool any_matches(const std::vector<std::string>& patterns, const std::vector<std::string>& values) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return std::ranges::any_of(values, [&](const std::string& value) { return matches(pattern, value); });
  });
}

}  // namespace

void add_without_values(std::vector<Fact>& facts, std::initializer_list<const char*> names) {
  for (const char* name : names) facts.push_back({name, {}});
}

std::vector<std::string> values_of(const api::Optional<std::string>& member) {
  return member ? std::vector{*member} : std::vector<std::string>();
}
std::vector<std::string> values_of(const api::Optional<bool>& member) {
  return member ? std::vector<std::string>{*member ? "true" : "false"} : std::vector<std::string>();
}
std::vector<std::string> values_of(const api::Optional<int>& member) {
  return member ? std::vector{std::to_string(*member)} : std::vector<std::string>();
}
std::vector<std::string> values_of(const api::Optional<api::Timestamp>& member) {
  return member ? std::vector{to_iso8601(instant_from_ms(member->ms))} : std::vector<std::string>();
}

Result<bool> passes(const Filters& filters, const std::vector<Fact>& facts, const model::Tags& tags) {
  if (!filters) return true;
  bool passed = true;
  for (const api::ec2::Filter& filter : *filters) {
    const std::string name = filter.name.value_or("");
    std::vector<std::string> values;
    if (name.starts_with("tag:")) {
      for (const model::Tag& tag : tags) {
        if (tag.key == std::string_view(name).substr(4)) values.push_back(tag.value);
      }
    } else if (name == "tag-key" || name == "tag-value") {
      for (const model::Tag& tag : tags) values.push_back(name == "tag-key" ? tag.key : tag.value);
    } else {
      const auto fact = std::ranges::find(facts, name, &Fact::name);
      if (fact == facts.end()) return fail("InvalidParameterValue", fmt::format("The filter '{}' is invalid", name));
      values = fact->values;
    }
    passed = passed && any_matches(filter.values.value_or(std::vector<std::string>()), values);
  }
  return passed;
}

}  // namespace services::ec2

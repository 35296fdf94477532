#include <fmt/format.h>

#include <algorithm>

#include "services/page.h"
#include "services/ssm/handlers.h"
#include "services/ssm/lookup.h"

namespace services::ssm {
namespace {

/// Values of a filter are or'ed.
Result<bool> passes(const model::Parameter& parameter, const api::ssm::ParameterStringFilter& filter) {
  const std::string key = filter.key.value_or(""), option = filter.option.value_or(key == "Path" ? "OneLevel" : "Equals");
  const model::ParameterVersion& latest = parameter.latest();
  std::vector<std::string> values;
  if (key == "Name" || key == "Path") {
    values = {parameter.name};
  } else if (key == "Type") {
    values = {latest.type};
  } else if (key == "Tier") {
    values = {latest.tier};
  } else if (key == "DataType") {
    values = {latest.data_type};
  } else if (key == "KeyId") {
    values = {latest.key_id};
  } else if (key.starts_with("tag:")) {
    for (const model::Tag& tag : parameter.tags) {
      if (tag.key == key.substr(4)) values.push_back(tag.value);
    }
  } else {
    return fail("InvalidFilterKey", fmt::format("The filter key '{}' is not valid.", key));
  }
  const auto matches = [&](const std::string& wanted) {
    return std::ranges::any_of(values, [&](const std::string& value) {
      if (option == "BeginsWith") return value.starts_with(wanted);
      if (option == "Contains") return value.find(wanted) != std::string::npos;
      if (key != "Path") return value == wanted;
      const std::string below = wanted.ends_with('/') ? wanted : wanted + "/";
      return value.starts_with(below) && (option == "Recursive" || value.find('/', below.size()) == std::string::npos);
    });
  };
  if (!filter.values || filter.values->empty()) return !values.empty();
  return std::ranges::any_of(*filter.values, matches);
}

api::ssm::ParameterMetadata show_metadata(const Context& context, const model::Parameter& parameter) {
  const model::ParameterVersion& latest = parameter.latest();
  api::ssm::ParameterMetadata shown;
  shown.name = parameter.name;
  shown.arn = arn_of(context, parameter.name);
  shown.type = latest.type;
  if (!latest.key_id.empty()) shown.key_id = latest.key_id;
  shown.last_modified_date = api::Timestamp{to_ms(latest.modified_at)};
  shown.last_modified_user = fmt::format("arn:aws:iam::{}:root", context.account.id);
  if (!latest.description.empty()) shown.description = latest.description;
  if (!latest.allowed_pattern.empty()) shown.allowed_pattern = latest.allowed_pattern;
  shown.version = latest.number;
  shown.tier = latest.tier;
  shown.policies.emplace();
  shown.data_type = latest.data_type;
  return shown;
}

}  // namespace

Answer<op::DescribeParameters> describe_parameters(Context& context, const op::DescribeParameters::Input& in) {
  constexpr int kMostParameters = 50;
  std::vector<api::ssm::ParameterStringFilter> filters =
      in.parameter_filters.value_or(std::vector<api::ssm::ParameterStringFilter>());
  for (const auto& old : in.filters.value_or(std::vector<api::ssm::ParametersFilter>())) {
    filters.push_back({.key = old.key, .values = old.values});
  }
  op::DescribeParameters::Output out;
  auto& shown = out.parameters.emplace();
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostParameters)), kInvalidToken));
  for (const auto& [name, parameter] : context.state.parameters.all()) {
    bool passed = true;
    for (const auto& filter : filters) {
      TRY(const bool one, passes(parameter, filter));
      passed = passed && one;
    }
    if (passed && page.take(name)) shown.push_back(show_metadata(context, parameter));
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::ssm

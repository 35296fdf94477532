#include <fmt/format.h>

#include <map>

#include "services/page.h"
#include "services/ssm/handlers.h"
#include "services/ssm/lookup.h"
#include "services/ssm/public_parameters.h"

namespace services::ssm {

Answer<op::GetParameter> get_parameter(Context& context, const op::GetParameter::Input& in) {
  op::GetParameter::Output out;
  TRY(out.parameter, read_parameter(context, *in.name, in.with_decryption.value_or(false)));
  return out;
}

Answer<op::GetParameters> get_parameters(Context& context, const op::GetParameters::Input& in) {
  op::GetParameters::Output out;
  auto& shown = out.parameters.emplace();
  auto& invalid = out.invalid_parameters.emplace();
  for (const std::string& name : *in.names) {
    auto found = read_parameter(context, name, in.with_decryption.value_or(false));
    if (found) {
      shown.push_back(*std::move(found));
    } else {
      invalid.push_back(name);
    }
  }
  return out;
}

Answer<op::GetParametersByPath> get_parameters_by_path(Context& context, const op::GetParametersByPath::Input& in) {
  constexpr int kMostParameters = 10;
  std::string path = *in.path;
  if (!path.starts_with('/')) {
    return fail("ValidationException", fmt::format("The parameter doesn't meet the parameter name requirements. The parameter "
                                                   "name must begin with a forward slash \"/\": {}",
                                                   path));
  }
  if (in.parameter_filters && !in.parameter_filters->empty()) {
    return fail("InvalidFilterKey", "This engine does not filter GetParametersByPath; use DescribeParameters.");
  }
  if (!path.ends_with('/')) path += '/';
  const bool decrypt = in.with_decryption.value_or(false);
  std::map<std::string, const model::Parameter*> below;
  const auto want = [&](const std::string& name) {
    return name.starts_with(path) && (in.recursive.value_or(false) || name.find('/', path.size()) == std::string::npos);
  };
  if (path.starts_with("/aws/")) {  // "/" is the root of one's own
    for (const auto& [name, value] : public_parameters()) {
      if (want(name)) below.emplace(name, nullptr);
    }
  }
  for (const auto& [name, parameter] : context.state.parameters.all()) {
    if (want(name)) below.emplace(name, &parameter);
  }
  op::GetParametersByPath::Output out;
  auto& shown = out.parameters.emplace();
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostParameters)), kInvalidToken));
  for (const auto& [name, parameter] : below) {
    if (page.take(name)) {
      TRY(auto one, read_parameter(context, name, decrypt));
      shown.push_back(std::move(one));
    }
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

Answer<op::GetParameterHistory> get_parameter_history(Context& context, const op::GetParameterHistory::Input& in) {
  TRY(const model::Parameter* parameter, find_parameter(context, *in.name));
  constexpr int kMostVersions = 50;
  op::GetParameterHistory::Output out;
  auto& shown = out.parameters.emplace();
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostVersions)), kInvalidToken));
  for (const model::ParameterVersion& version : parameter->versions) {
    if (!page.take(fmt::format("{:019}", version.number))) continue;  // digits in the order of their numbers
    auto& one = shown.emplace_back();
    one.name = parameter->name;
    one.type = version.type;
    if (!version.key_id.empty()) one.key_id = version.key_id;
    one.last_modified_date = api::Timestamp{to_ms(version.modified_at)};
    one.last_modified_user = fmt::format("arn:aws:iam::{}:root", context.account.id);
    if (!version.description.empty()) one.description = version.description;
    one.value = shown_value(version, in.with_decryption.value_or(false));
    if (!version.allowed_pattern.empty()) one.allowed_pattern = version.allowed_pattern;
    one.version = version.number;
    one.labels.emplace();
    one.tier = version.tier;
    one.policies.emplace();
    one.data_type = version.data_type;
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::ssm

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "services/ssm/allowed_pattern.h"
#include "services/ssm/handlers.h"
#include "services/ssm/lookup.h"

namespace services::ssm {
namespace {

constexpr std::size_t kVersionsMost = 100;
constexpr int kLevelsMost = 15;

Result<void> check_parameter_name(const std::string& name) {
  const bool plain = std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_.-/").find(static_cast<char>(c)) != std::string_view::npos;
  });
  const std::size_t begin = name.find_first_not_of('/');
  const bool is_path = name.starts_with('/') && !name.ends_with('/') && name.find("//") == std::string::npos;
  if (begin == std::string::npos || !plain || (name.find('/') != std::string::npos && !is_path)) {
    return fail("ValidationException",
                fmt::format("Parameter name: '{}' is not valid. It may consist of letters, numbers and the symbols ., - and _, "
                            "with each sub-path preceded by a forward slash.",
                            name));
  }
  if (std::ranges::count(name, '/') > kLevelsMost) {
    return fail("HierarchyLevelLimitExceededException",
                fmt::format("Parameter name: hierarchies can have a maximum of {} levels: {}", kLevelsMost, name));
  }
  std::string lower = name.substr(begin);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower.starts_with("aws") || lower.starts_with("ssm")) {
    return fail("ValidationException", fmt::format("Parameter name: can't be prefixed with \"aws\" or \"ssm\" "
                                                   "(case-insensitive): {}",
                                                   name));
  }
  return {};
}

/// `a` and `/a` have one ARN: whoever named that would get either.
Result<void> check_arn_is_free(const Context& context, const std::string& name) {
  const std::string other = name.starts_with('/') ? name.substr(1) : "/" + name;
  if (!context.state.parameters.find(other)) return {};
  return fail("ParameterAlreadyExists", fmt::format("The parameter {} already exists and has the same ARN.", other));
}

/// Intelligent-Tiering is Standard until the value needs Advanced.
Result<std::string> read_tier(const std::optional<std::string>& given, const std::string& before, std::size_t bytes) {
  constexpr std::size_t kStandardMost = 4096, kAdvancedMost = 8192;
  const std::string asked = given.value_or(before);
  const bool grows = asked == "Intelligent-Tiering" || before == "Advanced";
  const std::string tier = asked == "Advanced" || (grows && bytes > kStandardMost) ? "Advanced" : "Standard";
  if (before == "Advanced" && given == "Standard") {
    return fail("ValidationException", "This parameter uses the advanced-parameter tier. You can't downgrade a parameter "
                                       "from the advanced-parameter tier to the standard-parameter tier.");
  }
  const std::size_t most = tier == "Advanced" ? kAdvancedMost : kStandardMost;
  if (bytes > most) {
    return fail("ValidationException", fmt::format("{} tier parameters support a maximum parameter value of {} characters.",
                                                   tier, most));
  }
  return tier;
}

}  // namespace

Answer<op::PutParameter> put_parameter(Context& context, const op::PutParameter::Input& in) {
  TRY_VOID(check_parameter_name(*in.name));
  if (in.value->empty()) {
    return fail("ValidationException", "1 validation error detected: Value '' at 'value' failed to satisfy constraint: "
                                       "Member must have length greater than or equal to 1.");
  }
  if (in.policies && !in.policies->empty()) {
    return fail("InvalidPolicyTypeException", "This engine does not serve parameter policies.");
  }
  const bool overwrite = in.overwrite.value_or(false);
  if (overwrite && in.tags && !in.tags->empty()) {
    return fail("ValidationException", "Invalid request: tags and overwrite can't be used together. To create a parameter with "
                                       "tags, please remove overwrite flag. To update tags for an existing parameter, please "
                                       "use AddTagsToResource or RemoveTagsFromResource.");
  }
  const model::Parameter* found = context.state.parameters.find(*in.name);
  if (found && !overwrite) {
    return fail("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in "
                                          "the request to true.");
  }
  if (!found) TRY_VOID(check_arn_is_free(context, *in.name));
  if (!found && !in.type) {
    return fail("ValidationException", "A parameter type is required when you create a parameter.");
  }
  model::Parameter parameter = found ? *found : model::Parameter{.name = *in.name};
  model::ParameterVersion version = found ? found->latest() : model::ParameterVersion{.number = 0};
  if (found && in.type && *in.type != version.type) {
    return fail("HierarchyTypeMismatchException", fmt::format("The parameter type cannot be changed from {} to {}; delete and "
                                                              "recreate it.",
                                                              version.type, *in.type));
  }
  if (version.number == 0) version.type = *in.type;
  ++version.number;
  version.value = *in.value;
  version.modified_at = context.now;
  if (in.description) version.description = *in.description;
  if (in.allowed_pattern) version.allowed_pattern = *in.allowed_pattern;
  if (in.data_type) version.data_type = *in.data_type;
  if (version.type == "SecureString") {
    if (in.key_id) version.key_id = *in.key_id;
    if (version.key_id.empty()) version.key_id = "alias/aws/ssm";
  } else if (in.key_id) {
    return fail("ValidationException", "KeyId can only be specified for parameters of type SecureString.");
  }
  if (version.data_type == "aws:ec2:image" && !version.value.starts_with("ami-")) {
    return fail("ValidationException", fmt::format("The value {} is not the id of a machine image.", version.value));
  }
  TRY_VOID(check_allowed_pattern(version.allowed_pattern, version.value));
  TRY(version.tier, read_tier(in.tier, found ? found->latest().tier : "Standard", version.value.size()));
  TRY_VOID(set_tags(parameter.tags, in.tags));
  op::PutParameter::Output out;
  out.version = version.number;
  out.tier = version.tier;
  parameter.versions.push_back(std::move(version));
  if (parameter.versions.size() > kVersionsMost) parameter.versions.erase(parameter.versions.begin());
  context.state.parameters.put(std::move(parameter));
  return out;
}

Answer<op::DeleteParameter> delete_parameter(Context& context, const op::DeleteParameter::Input& in) {
  TRY(const model::Parameter* found, find_parameter(context, *in.name));
  context.state.parameters.erase(std::string(found->name));
  return {};
}

Answer<op::DeleteParameters> delete_parameters(Context& context, const op::DeleteParameters::Input& in) {
  op::DeleteParameters::Output out;
  auto& deleted = out.deleted_parameters.emplace();
  auto& invalid = out.invalid_parameters.emplace();
  for (const std::string& name : *in.names) {
    (context.state.parameters.erase(name_of(context, name)) ? deleted : invalid).push_back(name);
  }
  return out;
}

}  // namespace services::ssm

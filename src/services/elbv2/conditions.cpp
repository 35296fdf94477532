#include "services/elbv2/conditions.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/http_token.h"

namespace services::elbv2 {

namespace {

constexpr std::size_t kValuesPerRule = 5;
constexpr std::size_t kWildcardsPerRule = 5;
constexpr std::size_t kValueLength = 128;
constexpr std::size_t kHeaderNameLength = 40;

tl::unexpected<Error> invalid_condition(std::string text) { return fail("ValidationError", std::move(text)); }

Result<void> check_text(const std::string& field, const std::string& value) {
  if (value.empty()) return invalid_condition(fmt::format("A condition value of '{}' must not be empty", field));
  if (value.size() > kValueLength)
    return invalid_condition(
        fmt::format("Condition value '{}' cannot be longer than '{}' characters", value, kValueLength));
  // No control characters: they could not be sent, and must never reach the balancer's configuration.
  if (std::ranges::any_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return invalid_condition(fmt::format("A condition value of '{}' contains a character that is not valid", field));
  return {};
}

Result<void> check_method(const std::string& value) {
  if (value.size() > 40 ||
      !std::ranges::all_of(value, [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; }))
    return invalid_condition(
        fmt::format("HTTP request method '{}' must consist of at most 40 upper case letters, '-' and '_'", value));
  return {};
}

Result<void> check_cidr(const std::string& value) {
  const auto slash = value.find('/');
  const auto bad = [&] { return invalid_condition(fmt::format("'{}' is not a valid CIDR block", value)); };
  if (slash == std::string::npos) return bad();
  const std::string address = value.substr(0, slash), length = value.substr(slash + 1);
  int bits = -1;
  const auto [end, failed] = std::from_chars(length.data(), length.data() + length.size(), bits);
  unsigned char packed[16];
  const bool is_v6 = address.find(':') != std::string::npos;
  if (failed != std::errc() || end != length.data() + length.size() || bits < 0 || bits > (is_v6 ? 128 : 32) ||
      inet_pton(is_v6 ? AF_INET6 : AF_INET, address.c_str(), packed) != 1)
    return bad();
  return {};
}

template <class Config>
void take_values(const Config& config, model::RuleCondition& condition) {
  if (config && config->values) condition.values = *config->values;
}

/// The values, wherever the client put them: in the field's own Config, or in the older Values.
Result<model::RuleCondition> gather(const shape::RuleCondition& given) {
  model::RuleCondition condition{.field = given.field.value_or("")};
  const std::string& field = condition.field;
  if (given.regex_values || (given.host_header_config && given.host_header_config->regex_values) ||
      (given.path_pattern_config && given.path_pattern_config->regex_values) ||
      (given.http_header_config && given.http_header_config->regex_values))
    return invalid_condition("RegexValues are not served by this engine; use Values with * and ?");
  if (field == "host-header") {
    take_values(given.host_header_config, condition);
  } else if (field == "path-pattern") {
    take_values(given.path_pattern_config, condition);
  } else if (field == "http-request-method") {
    take_values(given.http_request_method_config, condition);
  } else if (field == "source-ip") {
    take_values(given.source_ip_config, condition);
  } else if (field == "http-header") {
    take_values(given.http_header_config, condition);
    if (given.http_header_config) condition.header_name = given.http_header_config->http_header_name.value_or("");
  } else if (field == "query-string") {
    if (given.query_string_config)
      for (const auto& pair : given.query_string_config->values.value_or(std::vector<shape::QueryStringKeyValuePair>{}))
        condition.pairs.push_back({pair.key.value_or(""), pair.value.value_or("")});
  } else {
    return invalid_condition(
        fmt::format("Condition field '{}' must be one of '[http-header, http-request-method, host-header, "
                    "query-string, path-pattern, source-ip]'",
                    field));
  }
  if (given.values && !given.values->empty()) {
    if (field != "host-header" && field != "path-pattern")
      return invalid_condition(fmt::format("Values of a '{}' condition must be given in its own configuration", field));
    if (!condition.values.empty() && condition.values != *given.values)
      return invalid_condition(
          "Condition values cannot be specified both in Values and in the condition's configuration");
    condition.legacy_values = condition.values.empty();
    condition.values = *given.values;
  }
  return condition;
}

Result<void> check_condition(const model::RuleCondition& condition) {
  if (condition.values.empty() && condition.pairs.empty())
    return invalid_condition("A condition value must be specified");
  for (const auto& value : condition.values) {
    TRY_VOID(check_text(condition.field, value));
    if (condition.field == "http-request-method") TRY_VOID(check_method(value));
    if (condition.field == "source-ip") TRY_VOID(check_cidr(value));
    if (condition.field == "path-pattern" && value.find_first_of("\\ <>`{}|^") != std::string::npos)
      return invalid_condition(fmt::format("Path pattern '{}' contains a character that is not valid", value));
  }
  for (const auto& pair : condition.pairs) {
    TRY_VOID(check_text(condition.field, pair.value));
    if (!pair.key.empty()) TRY_VOID(check_text(condition.field, pair.key));
  }
  if (condition.field == "http-header") {
    if (condition.header_name.size() > kHeaderNameLength || !is_http_token(condition.header_name))
      return invalid_condition(fmt::format("HTTP header name '{}' is not valid", condition.header_name));
    if (strcasecmp(condition.header_name.c_str(), "host") == 0)
      return invalid_condition("An http-header condition cannot name the Host header; use a host-header condition");
  }
  return {};
}

std::size_t wildcards(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return c == '*' || c == '?'; }));
}

}  // namespace

Result<std::vector<model::RuleCondition>> read_conditions(const std::vector<shape::RuleCondition>& given) {
  if (given.empty()) return invalid_condition("A condition must be specified");
  std::vector<model::RuleCondition> conditions;
  std::set<std::string> once;
  std::size_t values = 0, wild = 0;
  for (const auto& one : given) {
    TRY(model::RuleCondition condition, gather(one));
    TRY_VOID(check_condition(condition));
    const bool may_repeat = condition.field == "http-header" || condition.field == "query-string";
    if (!may_repeat && !once.insert(condition.field).second)
      return invalid_condition(fmt::format("A rule can only have one '{}' condition", condition.field));
    values += condition.values.size() + condition.pairs.size();
    for (const auto& value : condition.values) wild += wildcards(value);
    for (const auto& pair : condition.pairs) wild += wildcards(pair.key) + wildcards(pair.value);
    conditions.push_back(std::move(condition));
  }
  if (values > kValuesPerRule)
    return invalid_condition(fmt::format("A rule can only have '{}' condition values", kValuesPerRule));
  if (wild > kWildcardsPerRule)
    return invalid_condition(fmt::format("A rule can only have '{}' condition wildcards", kWildcardsPerRule));
  return conditions;
}

std::vector<shape::RuleCondition> show_conditions(const std::vector<model::RuleCondition>& conditions) {
  std::vector<shape::RuleCondition> shown;
  for (const auto& condition : conditions) {
    auto& out = shown.emplace_back();
    out.field = condition.field;
    if (condition.field == "host-header") {
      out.values = condition.values;  // both forms, whichever was given
      out.host_header_config.emplace().values = condition.values;
    } else if (condition.field == "path-pattern") {
      out.values = condition.values;
      out.path_pattern_config.emplace().values = condition.values;
    } else if (condition.field == "http-request-method") {
      out.http_request_method_config.emplace().values = condition.values;
    } else if (condition.field == "source-ip") {
      out.source_ip_config.emplace().values = condition.values;
    } else if (condition.field == "http-header") {
      auto& config = out.http_header_config.emplace();
      config.http_header_name = condition.header_name;
      config.values = condition.values;
    } else {
      auto& pairs = out.query_string_config.emplace().values.emplace();
      for (const auto& pair : condition.pairs) {
        auto& shown_pair = pairs.emplace_back();
        if (!pair.key.empty()) shown_pair.key = pair.key;
        shown_pair.value = pair.value;
      }
    }
  }
  return shown;
}

}  // namespace services::elbv2

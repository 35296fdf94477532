#include "services/ssm/lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "services/ssm/public_parameters.h"

namespace services::ssm {
namespace {

/// A public parameter as AWS shows it: without an account in its ARN.
api::ssm::Parameter show_public(const Context& context, const std::string& name, const std::string& value) {
  constexpr std::int64_t kPublishedMs = 1'792'000'000'000;
  api::ssm::Parameter shown;
  shown.name = name;
  shown.type = "String";
  shown.value = value;
  shown.version = 1;
  shown.last_modified_date = api::Timestamp{kPublishedMs};
  shown.arn = fmt::format("arn:aws:ssm:{}::parameter{}", context.account.region, name);
  shown.data_type = "text";
  return shown;
}

}  // namespace

tl::unexpected<Error> no_parameter(const std::string& name) {
  return fail("ParameterNotFound", fmt::format("Parameter {} not found.", name));
}

std::string arn_of(const Context& context, const std::string& name) {
  return make_arn(context.account, "ssm", name.starts_with('/') ? "parameter" + name : "parameter/" + name);
}

std::string name_of(const Context& context, const std::string& name_or_arn) {
  const auto arn = Arn::parse(name_or_arn);
  constexpr std::string_view kKind = "parameter/";
  if (!arn || arn->service != "ssm" || !arn->resource.starts_with(kKind)) return name_or_arn;
  const std::string plain = arn->resource.substr(kKind.size());
  // `a` and `/a` have the same ARN: at most one of them exists.
  return context.state.parameters.find(plain) ? plain : "/" + plain;
}

Result<const model::Parameter*> find_parameter(const Context& context, const std::string& name) {
  if (const auto* found = context.state.parameters.find(name_of(context, name))) return found;
  return no_parameter(name);
}

std::string shown_value(const model::ParameterVersion& version, bool decrypt) {
  if (version.type != "SecureString" || decrypt) return version.value;
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a: nobody reads the value from it
  for (const char letter : version.value) hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211ULL;
  return fmt::format("AQICAH{:016x}", hash);
}

api::ssm::Parameter show_parameter(const Context& context, const model::Parameter& parameter,
                                   const model::ParameterVersion& version, bool decrypt) {
  api::ssm::Parameter shown;
  shown.name = parameter.name;
  shown.type = version.type;
  shown.value = shown_value(version, decrypt);
  shown.version = version.number;
  shown.last_modified_date = api::Timestamp{to_ms(version.modified_at)};
  shown.arn = arn_of(context, parameter.name);
  shown.data_type = version.data_type;
  return shown;
}

Result<api::ssm::Parameter> read_parameter(const Context& context, const std::string& asked, bool decrypt) {
  std::string name = asked;
  std::optional<std::int64_t> number;
  if (const auto colon = name.rfind(':'); colon != std::string::npos && (!name.starts_with("arn:") || colon > name.find(":parameter/"))) {
    std::int64_t value = 0;
    const char* end = name.data() + name.size();
    if (const auto [rest, error] = std::from_chars(name.data() + colon + 1, end, value); error != std::errc() || rest != end) {
      return fail("ParameterVersionNotFound",
                  fmt::format("Labels are not served by this engine; name a version: {}", asked));
    }
    number = value;
    name.resize(colon);
  }
  const std::string own = name_of(context, name);
  if (const auto found = public_parameters().find(own); found != public_parameters().end()) {
    return show_public(context, own, found->second);
  }
  const model::Parameter* parameter = context.state.parameters.find(own);
  if (!parameter) return no_parameter(name);
  if (!number) return show_parameter(context, *parameter, parameter->latest(), decrypt);
  const auto version = std::ranges::find(parameter->versions, *number, &model::ParameterVersion::number);
  if (version == parameter->versions.end()) {
    return fail("ParameterVersionNotFound", fmt::format("Systems Manager could not find version {} of {}. Verify the version "
                                                        "and try again.",
                                                        *number, name));
  }
  auto shown = show_parameter(context, *parameter, *version, decrypt);
  shown.selector = fmt::format(":{}", *number);
  return shown;
}

Result<void> set_tags(model::Tags& tags, const std::optional<std::vector<api::ssm::Tag>>& given) {
  constexpr std::size_t kMostTags = 50;
  for (const api::ssm::Tag& tag : given.value_or(std::vector<api::ssm::Tag>())) {
    const std::string key = tag.key.value_or("");
    if (key.empty() || key.starts_with("aws:")) {
      return fail("ValidationException", fmt::format("The tag key '{}' is not valid: it may not be empty nor begin with aws:", key));
    }
    const auto same = std::ranges::find(tags, key, &model::Tag::key);
    auto& kept = same == tags.end() ? tags.emplace_back() : *same;
    kept.key = key;
    kept.value = tag.value.value_or("");
  }
  if (tags.size() > kMostTags) return fail("TooManyTagsError", fmt::format("A parameter can have at most {} tags.", kMostTags));
  return {};
}

}  // namespace services::ssm

#include "client/settings.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <iterator>

#include "client/profile_file.h"

namespace client {
namespace {

using Section = std::map<std::string, std::string>;

constexpr struct {
  std::string_view model, id;
} kServiceIds[] = {
    // The service ids of AWS's models, in lower case with underscores.
    {"application-autoscaling", "application_auto_scaling"},
    {"autoscaling", "auto_scaling"},
    {"elbv2", "elastic_load_balancing_v2"},
    {"logs", "cloudwatch_logs"},
};

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string get(const Section& section, const std::string& key) {
  const auto found = section.find(key);
  return found == section.end() ? "" : found->second;
}

class Sources {
 public:
  explicit Sources(const Surroundings& surroundings) : surroundings_(surroundings) {}

  /// "" when unset: AWS treats an empty variable as unset.
  std::string environment(const std::string& name) const { return surroundings_.environment(name).value_or(""); }

  Result<ProfileFile> file(const std::string& variable, const std::string& name) const {
    auto path = environment(variable);
    if (path.empty()) {
      const auto home = environment("HOME");
      if (home.empty()) return ProfileFile{};
      path = home + "/.aws/" + name;
    } else if (path.starts_with("~/")) {
      path = environment("HOME") + path.substr(1);
    }
    const auto text = surroundings_.read_file(path);
    if (!text) return ProfileFile{};
    return parse_profile_file(*text, path);
  }

 private:
  const Surroundings& surroundings_;
};

/// What the profile asks for that this client cannot do, if anything.
std::optional<std::string_view> unsupported(const Section& profile) {
  for (const std::string_view key : {"role_arn", "sso_session", "sso_start_url", "credential_process", "login_session"}) {
    if (profile.contains(std::string(key))) return key;
  }
  return std::nullopt;
}

constexpr std::string_view kAdvice =
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with the AWS CLI installed: eval \"$(aws configure "
    "export-credentials --format env)\").";

Result<Credentials> find_credentials(const Sources& sources, const std::string& profile_name, bool profile_flag,
                                     const Section& config, const Section& shared) {
  // A profile named by a flag goes before the environment's keys, as in AWS's own CLI.
  const auto key = sources.environment("AWS_ACCESS_KEY_ID");
  if (!key.empty() && !profile_flag) {
    const auto secret = sources.environment("AWS_SECRET_ACCESS_KEY");
    if (secret.empty()) {
      return fail("CredentialsNotFound", "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not. Set both or neither.");
    }
    return Credentials{key, secret, sources.environment("AWS_SESSION_TOKEN"), "environment"};
  }
  for (const Section* section : {&shared, &config}) {
    if (!section->contains("aws_access_key_id")) continue;
    Credentials found{get(*section, "aws_access_key_id"), get(*section, "aws_secret_access_key"),
                      get(*section, "aws_session_token"), "profile " + profile_name};
    if (found.access_key_id.empty() || found.secret_access_key.empty()) {
      return fail("CredentialsNotFound", "Profile " + profile_name +
                                             " has only one of aws_access_key_id and aws_secret_access_key. Set both.");
    }
    return found;
  }
  for (const Section* section : {&config, &shared}) {
    if (const auto what = unsupported(*section)) {
      return fail("CredentialsNotSupported", "Profile " + profile_name + " gets its credentials through " +
                                                 std::string(*what) + ", which this client does not do. " +
                                                 std::string(kAdvice));
    }
  }
  for (const char* name : {"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                           "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}) {
    if (!sources.environment(name).empty()) {
      return fail("CredentialsNotSupported", std::string(name) +
                                                 " is set, but this client takes no credentials from containers or web "
                                                 "identities. " + std::string(kAdvice));
    }
  }
  return fail("CredentialsNotFound",
              "No AWS credentials were found in the environment or in profile " + profile_name +
                  " (this client does not ask the EC2 instance metadata service). " + std::string(kAdvice));
}

}  // namespace

bool is_region(std::string_view text) {
  const auto usual = [](unsigned char c) { return std::isalnum(c) || c == '-'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), usual);
}

std::string service_id(const api::ServiceModel& service) {
  for (const auto& [model, id] : kServiceIds) {
    if (model == service.name) return std::string(id);
  }
  return std::string(service.name);
}

Surroundings Surroundings::of_process() {
  Surroundings surroundings;
  surroundings.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (!value) return std::nullopt;
    return value;
  };
  surroundings.read_file = [](const std::string& path) -> std::optional<std::string> {
    std::ifstream file(path, std::ios::binary);
    const bool empty = file && file.peek() == std::ifstream::traits_type::eof();
    if (!file.is_open() || file.bad()) return std::nullopt;  // bad: a directory
    std::ostringstream text;
    if (!empty) text << file.rdbuf();
    return text.str();
  };
  return surroundings;
}

Result<Settings> Settings::load(const Flags& flags, const Surroundings& surroundings) {
  const Sources sources(surroundings);
  Settings settings;
  TRY(const ProfileFile config_file, sources.file("AWS_CONFIG_FILE", "config"));
  TRY(const ProfileFile shared_file, sources.file("AWS_SHARED_CREDENTIALS_FILE", "credentials"));

  std::string named = flags.profile.value_or("");
  if (named.empty()) named = sources.environment("AWS_PROFILE");
  if (named.empty()) named = sources.environment("AWS_DEFAULT_PROFILE");
  settings.profile_ = named.empty() ? "default" : named;
  const auto section_of = [](const ProfileFile& file, const std::string& name) {
    const auto found = file.find(name);
    return found == file.end() ? Section{} : found->second;
  };
  auto config = section_of(config_file, "profile " + settings.profile_);
  if (settings.profile_ == "default" && config.empty()) config = section_of(config_file, "default");
  const auto shared = section_of(shared_file, settings.profile_);
  if (!named.empty() && named != "default" && config.empty() && shared.empty()) {
    return fail("ProfileNotFound", "The AWS profile '" + named +
                                       "' is in neither the config nor the credentials file. Name another with --profile "
                                       "or AWS_PROFILE, or add it with: aws configure --profile " + named);
  }

  // Region.
  const std::string regions[] = {flags.region.value_or(""), sources.environment("AWS_REGION"),
                                 sources.environment("AWS_DEFAULT_REGION"), get(config, "region")};
  for (const auto& region : regions) {
    if (settings.region_.empty()) settings.region_ = region;
  }
  if (!settings.region_.empty() && !is_region(settings.region_)) {
    return fail("InvalidRegion", "'" + settings.region_ + "' is no AWS region: write one like us-east-1.");
  }

  // Endpoints. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS switches all but the flag off, as in AWS's SDKs.
  if (flags.endpoint_url && !flags.endpoint_url->empty()) settings.flag_ = Choice{*flags.endpoint_url, "--endpoint-url"};
  const auto ignore = sources.environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true" ||
                      get(config, "ignore_configured_endpoint_urls") == "true";
  if (!ignore) {
    const auto services_name = get(config, "services");
    const auto services = section_of(config_file, "services " + services_name);
    if (!services_name.empty() && services.empty()) {
      return fail("ProfileNotFound", "Profile " + settings.profile_ + " names the services section '" + services_name +
                                         "', which the config file does not have.");
    }
    for (const auto& [key, value] : services) {
      const auto dot = key.find(".endpoint_url");
      if (dot == std::string::npos || value.empty()) continue;
      settings.services_[key.substr(0, dot)] = {value, "services section " + services_name};
    }
    for (const std::string id : {"ecs", "ecr", "ec2", "iam", "sts", "ssm", "cloudwatch", "cloudwatch_logs",
                                 "application_auto_scaling", "auto_scaling", "elastic_load_balancing_v2"}) {
      const auto variable = "AWS_ENDPOINT_URL_" + upper(id);
      if (const auto url = sources.environment(variable); !url.empty()) settings.services_[id] = {url, variable};
    }
    if (const auto url = sources.environment("AWS_ENDPOINT_URL"); !url.empty()) {
      settings.general_ = Choice{url, "AWS_ENDPOINT_URL"};
      // The environment's general endpoint goes before the file's special ones.
      std::erase_if(settings.services_, [](const auto& entry) { return entry.second.source.starts_with("services "); });
    } else if (const auto configured = get(config, "endpoint_url"); !configured.empty()) {
      settings.general_ = Choice{configured, "profile " + settings.profile_};
    }
  }
  settings.credentials_ =
      find_credentials(sources, settings.profile_, flags.profile.has_value() && !flags.profile->empty(), config, shared);
  return settings;
}

Result<Settings::Target> Settings::target(const api::ServiceModel& service) const {
  Choice choice{std::string(kLocalEndpoint), "the default"};
  const auto special = services_.find(service_id(service));
  if (flag_) {
    choice = *flag_;
  } else if (special != services_.end()) {
    choice = special->second;
  } else if (general_) {
    choice = *general_;
  }
  Target target;
  target.source = choice.source;
  target.signing_region = region_;
  if (choice.url == "aws") {
    const bool global = service.name == "iam";  // one endpoint for all regions, signed for us-east-1
    if (region_.empty() && !global) {
      return fail("RegionNotFound", "No AWS region is set. Give --region, or set AWS_REGION or the profile's region.");
    }
    const std::string suffix = region_.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
    choice.url = "https://" + std::string(service.endpoint_prefix) + (global ? "" : "." + region_) + suffix;
    if (global) target.signing_region = "us-east-1";
  }
  auto endpoint = net::Endpoint::parse(choice.url);
  if (!endpoint) return fail("InvalidEndpoint", endpoint.error().message + " (It comes from " + choice.source + ".)");
  target.endpoint = *std::move(endpoint);
  if (target.signing_region.empty()) {
    if (!target.endpoint.loopback()) {
      return fail("RegionNotFound", "No AWS region is set. Give --region, or set AWS_REGION or the profile's region.");
    }
    target.signing_region = "us-east-1";
  }
  return target;
}

Result<Credentials> Settings::credentials(const net::Endpoint& endpoint) const {
  // A loopback engine takes any credentials unless it runs with --auth, where what the user has configured counts.
  if (!credentials_ && endpoint.loopback()) return Credentials{"test", "test", "", "local default"};
  return credentials_;
}

}  // namespace client

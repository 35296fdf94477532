#include "cmd/connect.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <iostream>

#include "api/ecs.h"
#include "cmd/options.h"
#include "net/http_client.h"

namespace cmd {

Result<client::Settings> load_settings(const Connection& connection) {
  client::Flags flags;
  if (!connection.endpoint_url.empty()) flags.endpoint_url = connection.endpoint_url;
  if (!connection.region.empty()) flags.region = connection.region;
  if (!connection.profile.empty()) flags.profile = connection.profile;
  return client::Settings::load(flags, client::Surroundings::of_process());
}

client::CallOptions quick_calls() {
  client::CallOptions options;
  options.attempts = 1;
  options.timeout = seconds(5);
  return options;
}

Result<std::string> ask_engine(const client::Settings& settings, const std::string& method, const std::string& path) {
  TRY(const client::Settings::Target target, settings.target(api::ecs::model()));
  net::ClientRequest request;
  request.method = method;
  request.target = path;
  request.timeout = seconds(10);
  auto response = net::fetch(target.endpoint, std::move(request));
  if (!response) {
    return fail(std::string(client::kUnreachable),
                fmt::format("no engine answers at {} ({})", target.endpoint.text(), response.error().message));
  }
  if (response->status >= 300) {
    return fail("NotAnEngine", fmt::format("{} answered {} to {}: it is not a scaleout engine, or an older one",
                                           target.endpoint.text(), response->status, path));
  }
  return std::move(response->body);
}

Result<boost::json::value> engine_health(const client::Settings& settings) {
  TRY(const std::string page, ask_engine(settings, "GET", "/_scaleout/health"));
  boost::system::error_code error;
  boost::json::value health = boost::json::parse(page, error);
  return !error && health.is_object() ? health : boost::json::value();
}

std::string text_member(const boost::json::value& object, const char* name) {
  const auto* value = object.is_object() ? object.get_object().if_contains(name) : nullptr;
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::string region_for(const client::Settings& settings) {
  if (!settings.region().empty()) return settings.region();
  const auto health = engine_health(settings);
  if (const std::string region = health ? text_member(*health, "region") : ""; !region.empty()) return region;
  const auto target = settings.target(api::ecs::model());
  return target ? target->signing_region : std::string();
}

int report(const Error& error) {
  std::cerr << "error: " << error.message << (error.message.find(error.code) == std::string::npos ? " (" + error.code + ")" : "")
            << "\n";
  if (client::unreachable_or_unauthorised(error)) {
    std::cerr << "hint: start one with `scaleout up` or `scaleout engine`, or name another with --endpoint-url\n";
    return kUnreachable;
  }
  if (error.code == "ClusterNotFoundException" || error.code == "ServiceNotFoundException") {
    std::cerr << "hint: `scaleout up` makes the default ones; --cluster and --service name others\n";
  }
  if (error.code == kStateLocked) return kLockHeld;
  if (error.code == "InvalidEndpoint" || error.code == "InvalidRegion") return kUsage;
  return kFailure;
}

int usage_error(const std::string& what, const std::string& hint) {
  std::cerr << "error: " << what << "\nhint: " << hint << "\n";
  return kUsage;
}

void progress(const std::string& line) {
  if (isatty(STDERR_FILENO)) std::cerr << "  " << line << std::endl;
}

}  // namespace cmd

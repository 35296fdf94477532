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

std::string region_for(const client::Settings& settings) {
  if (!settings.region().empty()) return settings.region();
  const auto health = ask_engine(settings, "GET", "/_scaleout/health");
  boost::system::error_code error;
  const boost::json::value tree = health ? boost::json::parse(*health, error) : boost::json::value();
  const boost::json::value* region = !error && tree.is_object() ? tree.get_object().if_contains("region") : nullptr;
  if (region && region->is_string()) return std::string(region->as_string());
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

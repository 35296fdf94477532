// `scaleout env`: eval "$(scaleout env)" makes the aws CLI, Terraform and boto3 talk to the engine.
#include <boost/json.hpp>
#include <iostream>

#include "api/ecs.h"
#include "cmd/options.h"
#include "console/environment.h"

namespace cmd {

namespace {

/// The one configured; else the engine's own, where it answers and says so; else what our own calls are signed for.
std::string region_for(const client::Settings& settings, const client::Settings::Target& target) {
  if (!settings.region().empty()) return settings.region();
  const auto health = ask_engine(settings, "GET", "/_scaleout/health");
  boost::system::error_code error;
  const boost::json::value tree = health ? boost::json::parse(*health, error) : boost::json::value();
  const boost::json::value* region = !error && tree.is_object() ? tree.get_object().if_contains("region") : nullptr;
  return region && region->is_string() ? std::string(region->as_string()) : target.signing_region;
}

}  // namespace

int run_env(const EnvOptions& options) {
  const auto settings = load_settings(options.connection);
  if (!settings) return report(settings.error());
  const auto target = settings->target(api::ecs::model());
  if (!target) return report(target.error());
  const auto environment =
      console::environment_for(target->endpoint.text(), target->endpoint.loopback(), region_for(*settings, *target));
  if (options.connection.json()) {
    std::cout << boost::json::serialize(console::environment_json(environment)) << "\n";
  } else {
    std::cout << console::shell_lines(environment);
  }
  return kOk;
}

}  // namespace cmd

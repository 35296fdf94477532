// `scaleout env`: eval "$(scaleout env)" makes the aws CLI, Terraform and boto3 talk to the engine.
#include <boost/json.hpp>
#include <iostream>

#include "api/ecs.h"
#include "cmd/options.h"
#include "console/environment.h"

namespace cmd {

int run_env(const EnvOptions& options) {
  const auto settings = load_settings(options.connection);
  if (!settings) return report(settings.error());
  const auto target = settings->target(api::ecs::model());
  if (!target) return report(target.error());
  const auto environment =
      console::environment_for(target->endpoint.text(), target->endpoint.loopback(), region_for(*settings));
  if (options.connection.json()) {
    std::cout << boost::json::serialize(console::environment_json(environment)) << "\n";
  } else {
    std::cout << console::shell_lines(environment);
  }
  return kOk;
}

}  // namespace cmd

// What `scaleout env` prints: the settings that make the aws CLI, Terraform and boto3 talk to the engine. Pure.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <utility>
#include <vector>

namespace console {

struct Environment {
  std::vector<std::pair<std::string, std::string>> set;
  std::vector<std::string> unset;
};

/// A loopback endpoint gets credentials of its own, so that real ones never go there; another keeps the user's.
Environment environment_for(const std::string& endpoint, bool loopback, const std::string& region);

/// Lines for a POSIX shell: eval "$(scaleout env)".
std::string shell_lines(const Environment& environment);
boost::json::object environment_json(const Environment& environment);

}  // namespace console

#include "console/environment.h"

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>

namespace console {

namespace {

/// As one word of a POSIX shell.
std::string quoted(const std::string& text) {
  const bool safe = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/:._-").find(c) != std::string_view::npos;
  });
  if (safe) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Environment environment_for(const std::string& endpoint, bool loopback, const std::string& region) {
  Environment environment;
  environment.set = {{"AWS_ENDPOINT_URL", endpoint}, {"AWS_REGION", region}, {"AWS_DEFAULT_REGION", region}};
  if (!loopback) return environment;
  environment.set.insert(environment.set.end(), {{"AWS_ACCESS_KEY_ID", "test"},
                                                 {"AWS_SECRET_ACCESS_KEY", "test"},
                                                 {"AWS_EC2_METADATA_DISABLED", "true"}});
  environment.unset = {"AWS_SESSION_TOKEN", "AWS_PROFILE"};
  return environment;
}

std::string shell_lines(const Environment& environment) {
  std::string out;
  for (const auto& [name, value] : environment.set) out += "export " + name + "=" + quoted(value) + "\n";
  for (const std::string& name : environment.unset) out += "unset " + name + "\n";
  return out;
}

boost::json::object environment_json(const Environment& environment) {
  boost::json::object object;
  for (const auto& [name, value] : environment.set) object[name] = value;
  return object;
}

}  // namespace console

// What every command that talks to an engine or to AWS shares: where to, as whom, and how to fail.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "base/result.h"
#include "client/aws_client.h"

namespace cmd {

/// --endpoint-url, --region, --profile, --output of every such command.
struct Connection {
  std::string endpoint_url, region, profile;
  std::string output = "text";  ///< text or json
  bool json() const { return output == "json"; }
};

Result<client::Settings> load_settings(const Connection& connection);

/// Few attempts and short ones, for those who ask each second and would rather ask again.
client::CallOptions quick_calls();

/// GET or POST of the engine's own pages ("/_scaleout/health"); EndpointUnreachable when nobody answers.
Result<std::string> ask_engine(const client::Settings& settings, const std::string& method, const std::string& path);

/// What the engine says of itself: an object; null where what answers is no engine.
Result<boost::json::value> engine_health(const client::Settings& settings);
/// Empty where there is no such text.
std::string text_member(const boost::json::value& object, const char* name);

/// The one configured; else the engine's own, where it answers and says so; else what our own calls are signed for.
std::string region_for(const client::Settings& settings);

/// Prints "error: …" and "hint: …" and answers the exit code that fits.
int report(const Error& error);
int usage_error(const std::string& what, const std::string& hint);

/// Progress on standard error, only where somebody looks.
void progress(const std::string& line);

}  // namespace cmd

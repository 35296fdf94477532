#include "cmd/answering_engine.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>
#include <filesystem>

namespace cmd {

namespace {

constexpr double kSame = 1e-9;  // a number's way through JSON may cost it its last digit

Error other_engine(const std::string& flag, const std::string& there, const std::string& wanted) {
  return {"OtherEngine", fmt::format("{} {}: the engine that answers has {}; take it down first (`scaleout down`), or name "
                                     "another with --endpoint-url",
                                     flag, wanted, there)};
}

}  // namespace

Result<void> check_answering(const UpOptions& options, const boost::json::value& health) {
  const auto given = [&](const char* flag) { return options.given.contains(flag); };
  std::error_code error;
  const std::string state = text_member(health, "state"), runtime = text_member(health, "runtime");
  const std::string region = text_member(health, "region");
  if (given("--state") && !std::filesystem::equivalent(state, options.engine.state, error)) {
    return tl::unexpected(other_engine("--state", state, options.engine.state));
  }
  if (given("--runtime") && options.engine.runtime != "auto" && runtime != options.engine.runtime) {
    return tl::unexpected(other_engine("--runtime", runtime, options.engine.runtime));
  }
  if (given("--region") && !region.empty() && region != options.connection.region) {
    return tl::unexpected(other_engine("--region", region, options.connection.region));
  }
  const auto* scale = health.is_object() ? health.get_object().if_contains("time_scale") : nullptr;
  const double there = scale && scale->is_number() ? scale->to_number<double>() : options.engine.time_scale;
  if (given("--time-scale") && std::abs(there / options.engine.time_scale - 1) > kSame) {
    return tl::unexpected(
        other_engine("--time-scale", fmt::format("{:g}", there), fmt::format("{:g}", options.engine.time_scale)));
  }
  return {};
}

}  // namespace cmd

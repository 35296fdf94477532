#include "cmd/answering_engine.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "cmd/service_url.h"
#include "state/temporary_directory_test.h"

namespace cmd {

TEST_CASE("flags of `up` that describe the engine hold for one that answers; those not given do not") {
  const TemporaryDirectory one, two;
  const boost::json::value health = {{"state", one.path().string()}, {"runtime", "process"}, {"region", "us-east-1"}, {"time_scale", 20.0}};
  UpOptions options;
  options.engine.state = two.path().string();
  options.engine.time_scale = 1;
  options.engine.runtime = "docker";
  options.connection.region = "eu-north-1";
  CHECK(check_answering(options, health));
  for (const char* flag : {"--state", "--runtime", "--region", "--time-scale"}) {
    CAPTURE(flag);
    options.given = {flag};
    const auto checked = check_answering(options, health);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == "OtherEngine");
    CHECK(checked.error().message.starts_with(flag));
  }
  options.given = {"--state"};
  const std::string message = check_answering(options, health).error().message;
  CHECK(message.find(one.path().string()) != std::string::npos);
  CHECK(message.find(two.path().string()) != std::string::npos);
  options.engine.state = one.path().string() + "/.";
  options.engine.time_scale = 20;
  options.engine.runtime = "process";
  options.connection.region = "us-east-1";
  options.given = {"--state", "--runtime", "--region", "--time-scale"};
  CHECK(check_answering(options, health));
  options.engine.runtime = "auto";
  CHECK(check_answering(options, health));
}

TEST_CASE("the listener that is waited for is the one at the given port") {
  const auto listener = [](int port, int bound, const char* error) {
    return boost::json::object{{"load_balancer", "lb"}, {"address", "127.1.2.3"}, {"port", port}, {"bound_port", bound}, {"error", error}};
  };
  const boost::json::value usage = {{"listeners", boost::json::array{listener(8080, 8080, ""), listener(8081, 0, ""), listener(80, 8083, ""),
                                                                     listener(8082, 0, "taken")}}};
  CHECK(bound_listener(usage, "lb", 8080)->port == 8080);
  CHECK(bound_listener(usage, "lb", 80)->port == 8083);
  CHECK(bound_listener(usage, "lb", 8081)->port == 0);
  CHECK(bound_listener(usage, "lb", 8081)->address == "127.1.2.3");
  CHECK(bound_listener(usage, "other", 8080)->address.empty());
  CHECK(bound_listener(usage, "lb", 8082).error().code == "ListenerNotBound");
}

}  // namespace cmd

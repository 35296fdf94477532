#include "client/settings.h"

#include <doctest/doctest.h>

#include <map>

#include "api/ecs.h"
#include "api/elbv2.h"
#include "api/iam.h"
#include "base/testing/damage.h"
#include "client/profile_file.h"

namespace client {
namespace {

struct World {
  std::map<std::string, std::string> environment{{"HOME", "/home/u"}};
  std::map<std::string, std::string> files;
  Surroundings surroundings() const {
    return {[this](const std::string& name) -> std::optional<std::string> {
              const auto found = environment.find(name);
              if (found == environment.end()) return std::nullopt;
              return found->second;
            },
            [this](const std::string& path) -> std::optional<std::string> {
              const auto found = files.find(path);
              if (found == files.end()) return std::nullopt;
              return found->second;
            }};
  }
  Result<Settings> load(const Flags& flags = {}) const { return Settings::load(flags, surroundings()); }
  std::string ecs_endpoint(const Flags& flags = {}) const {
    return load(flags)->target(api::ecs::model())->endpoint.text();
  }
};

}  // namespace

TEST_CASE("with nothing configured the local engine is meant") {
  const auto settings = World().load();
  REQUIRE(settings);
  const auto target = settings->target(api::ecs::model());
  REQUIRE(target);
  CHECK(target->endpoint.text() == "http://127.0.0.1:4566");
  CHECK(target->signing_region == "us-east-1");
  CHECK(settings->credentials(target->endpoint)->access_key_id == "test");
}

TEST_CASE("endpoint: flag > service variable > general variable > profile's services > profile") {
  World world;
  world.files["/home/u/.aws/config"] =
      "[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\nservices = local\n"
      "[services local]\necs =\n  endpoint_url = http://127.0.0.1:2\n";
  CHECK(world.load()->target(api::elbv2::model())->endpoint.text() == "http://127.0.0.1:1");
  CHECK(world.ecs_endpoint() == "http://127.0.0.1:2");
  world.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:3";
  CHECK(world.ecs_endpoint() == "http://127.0.0.1:3");
  world.environment["AWS_ENDPOINT_URL_ECS"] = "http://127.0.0.1:4";
  CHECK(world.ecs_endpoint() == "http://127.0.0.1:4");
  CHECK(world.load()->target(api::elbv2::model())->endpoint.text() == "http://127.0.0.1:3");
  world.environment["AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2"] = "http://127.0.0.1:5";
  CHECK(world.load()->target(api::elbv2::model())->endpoint.text() == "http://127.0.0.1:5");
  CHECK(world.ecs_endpoint({.endpoint_url = "http://127.0.0.1:6", .region = {}, .profile = {}}) == "http://127.0.0.1:6");
  world.environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  CHECK(world.ecs_endpoint() == "http://127.0.0.1:4566");
}

TEST_CASE("the endpoint 'aws' means AWS's own, which needs region and credentials") {
  World world;
  world.environment["AWS_ENDPOINT_URL"] = "aws";
  CHECK(world.load()->target(api::ecs::model()).error().code == "RegionNotFound");
  world.environment["AWS_DEFAULT_REGION"] = "eu-north-1";
  const auto settings = world.load();
  const auto target = settings->target(api::ecs::model());
  CHECK(target->endpoint.text() == "https://ecs.eu-north-1.amazonaws.com");
  CHECK(settings->credentials(target->endpoint).error().code == "CredentialsNotFound");
  CHECK(settings->target(api::iam::model())->endpoint.text() == "https://iam.amazonaws.com");
  CHECK(settings->target(api::iam::model())->signing_region == "us-east-1");
  world.environment["AWS_REGION"] = "cn-north-1";
  CHECK(world.load()->target(api::ecs::model())->endpoint.host == "ecs.cn-north-1.amazonaws.com.cn");
}

TEST_CASE("credentials: environment, then the credentials file, then the config file; a profile flag goes first") {
  World world;
  const auto remote = *net::Endpoint::parse("http://engine.example");
  const auto key = [&](const Flags& flags = {}) { return world.load(flags)->credentials(remote)->access_key_id; };
  world.files["/home/u/.aws/config"] = "[profile dev]\naws_access_key_id=C\naws_secret_access_key=s\nregion=eu-west-3\n";
  world.environment["AWS_PROFILE"] = "dev";
  CHECK(key() == "C");
  CHECK(world.load()->region() == "eu-west-3");
  world.files["/home/u/.aws/credentials"] = "[dev]\naws_access_key_id = F\naws_secret_access_key = s # comment\n";
  CHECK(key() == "F");
  CHECK(world.load()->credentials(remote)->secret_access_key == "s");
  world.environment["AWS_ACCESS_KEY_ID"] = "E";
  world.environment["AWS_SECRET_ACCESS_KEY"] = "s";
  world.environment["AWS_SESSION_TOKEN"] = "t";
  CHECK(key() == "E");
  CHECK(world.load()->credentials(remote)->session_token == "t");
  CHECK(key({.endpoint_url = {}, .region = {}, .profile = "dev"}) == "F");
}

TEST_CASE("what this client cannot do is said, and does not matter on loopback") {
  World world;
  const auto remote = *net::Endpoint::parse("http://engine.example");
  const auto local = *net::Endpoint::parse("http://127.0.0.1:4566");
  world.files["/home/u/.aws/config"] = "[default]\nsso_session = corp\n[profile role]\nrole_arn = arn:aws:iam::1:role/x\n";
  CHECK(world.load()->credentials(remote).error().message.find("sso_session") != std::string::npos);
  CHECK(world.load()->credentials(local)->access_key_id == "test");
  world.environment["AWS_PROFILE"] = "role";
  CHECK(world.load()->credentials(remote).error().code == "CredentialsNotSupported");
  world = {};
  world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2";
  CHECK(world.load()->credentials(remote).error().message.find("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") !=
        std::string::npos);
  world = {};
  world.environment["AWS_ACCESS_KEY_ID"] = "E";
  CHECK(world.load()->credentials(remote).error().message.find("AWS_SECRET_ACCESS_KEY") != std::string::npos);
}

TEST_CASE("a setting that cannot be right is an error that names it") {
  World world;
  world.environment["AWS_PROFILE"] = "nowhere";
  CHECK(world.load().error().code == "ProfileNotFound");
  world.environment["AWS_PROFILE"] = "default";
  CHECK(world.load());
  CHECK(world.load({.endpoint_url = {}, .region = "eu west", .profile = {}}).error().code == "InvalidRegion");
  const auto settings = world.load({.endpoint_url = "localhost:4566", .region = {}, .profile = {}});
  CHECK(settings->target(api::ecs::model()).error().message.find("--endpoint-url") != std::string::npos);
  world.environment["AWS_CONFIG_FILE"] = "/etc/broken";
  world.files["/etc/broken"] = "[default]\nregion\n";
  CHECK(world.load().error().message.find("/etc/broken, line 2") != std::string::npos);
}

TEST_CASE("profile files: sections, nested keys, comments, odd spacing") {
  const auto file = parse_profile_file("# top\r\n[ profile  dev ]\r\nRegion=us-east-1 ; why\r\n[services x]\ns3 =\n"
                                       "\tendpoint_url = http://a/#b\nec2 =\n  endpoint_url=u\n", "f");
  REQUIRE(file);
  CHECK(file->at("profile dev").at("region") == "us-east-1");
  CHECK(file->at("services x").at("s3.endpoint_url") == "http://a/#b");
  CHECK(file->at("services x").at("ec2.endpoint_url") == "u");
  for (const char* bad : {"key = value", "[open", "[a]\nnothing"}) CHECK_FALSE(parse_profile_file(bad, "f"));
}

TEST_CASE("damaged profile files are read, or the error names file and line") {
  int read = 0, refused = 0;
  testing::feed_damaged("[default]\nregion = us-east-1\n[profile dev]\nservices = local\n[services local]\necs =\n  endpoint_url = http://a\n",
                        1, 3000, [&](const std::string& text) {
                          const auto file = parse_profile_file(text, "/etc/f");
                          file ? ++read : ++refused;
                          if (!file) CHECK(file.error().message.find("/etc/f, line ") != std::string::npos);
                        });
  CHECK(read > 100);
  CHECK(refused > 100);
}

}  // namespace client

TEST_CASE("Settings_ADirectoryInTheFilesPlaceIsNoFile") {
  const client::Surroundings surroundings = client::Surroundings::of_process();
  CHECK_FALSE(surroundings.read_file("/"));
  CHECK_FALSE(surroundings.read_file("/no/such/file"));
  CHECK(surroundings.read_file("/dev/null") == "");
  CHECK(surroundings.read_file("/proc/self/comm").value_or("").ends_with("\n"));
}

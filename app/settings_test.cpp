#include "app/settings.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace http_api;

namespace {
auto read_from(std::map<std::string, std::string> variables) {
  return read_settings([&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}
}  // namespace

TEST_CASE("without environment the documented defaults hold") {
  const auto settings = read_from({});
  REQUIRE(settings);
  CHECK(settings->host == "0.0.0.0");
  CHECK(settings->port == 8080);
  CHECK(settings->work.count() == 0);
  CHECK(settings->idle_timeout > std::chrono::seconds(60));
}

TEST_CASE("each setting is read") {
  const auto settings = read_from({{"HOST", "::1"},
                                   {"PORT", "0"},
                                   {"APP_VERSION", "v2"},
                                   {"WORK_US", "250"},
                                   {"CLIENT_TIMEOUT_MS", "500"},
                                   {"IDLE_TIMEOUT_MS", "900"}});
  REQUIRE(settings);
  CHECK(settings->host == "::1");
  CHECK(settings->port == 0);
  CHECK(settings->app_version == "v2");
  CHECK(settings->work == std::chrono::microseconds(250));
  CHECK(settings->client_timeout == std::chrono::milliseconds(500));
  CHECK(settings->idle_timeout == std::chrono::milliseconds(900));
  CHECK(read_from({{"HOST", "localhost"}})->host == "127.0.0.1");
}

TEST_CASE("a bad setting is refused by name and value") {
  const std::pair<const char*, const char*> bad[] = {{"PORT", ""},
                                                     {"PORT", "http"},
                                                     {"PORT", "65536"},
                                                     {"PORT", "-1"},
                                                     {"PORT", "80 "},
                                                     {"PORT", "+80"},
                                                     {"PORT", "8080.0"},
                                                     {"HOST", ""},
                                                     {"HOST", "a.b"},
                                                     {"HOST", "1.2.3"},
                                                     {"WORK_US", "-5"},
                                                     {"WORK_US", "99999999999999999999"},
                                                     {"WORK_US", "1s"},
                                                     {"APP_VERSION", ""},
                                                     {"APP_VERSION", "a\nb"},
                                                     {"CLIENT_TIMEOUT_MS", "0"},
                                                     {"IDLE_TIMEOUT_MS", "x"}};
  for (const auto& [name, value] : bad) {
    CAPTURE(name);
    CAPTURE(value);
    const auto settings = read_from({{name, value}});
    REQUIRE(!settings);
    CHECK(settings.error().starts_with(std::string(name) + "=\"" + value + "\" is not valid"));
  }
}

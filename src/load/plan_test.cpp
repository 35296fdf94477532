#include "load/plan.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using load::Stage;

TEST_CASE("stages hold a rate or ramp between two") {
  const auto stages = load::parse_stages("250:1m,500:30s,750-1000:2m,0:10s");
  REQUIRE(stages);
  CHECK(*stages == std::vector<Stage>{{250, 250, 60s}, {500, 500, 30s}, {750, 1000, 120s}, {0, 0, 10s}});
  CHECK(load::stages_text(*stages) == "250/s for 1m, 500/s for 30s, 750 to 1000/s over 2m, 0/s for 10s");
}

TEST_CASE("a malformed stage is refused with the form it should have") {
  for (const char* text : {"", "250", "250:", ":1m", "a:1m", "1-2-3:1m", "250:1m,", "250:1x", "-5:1m", "1e3:1m", "250:1m,,1:1s"}) {
    CAPTURE(text);
    const auto stages = load::parse_stages(text);
    REQUIRE_FALSE(stages);
    CHECK(stages.error().message.find("write it as") + stages.error().message.find("; write") > 0);
  }
}

TEST_CASE("durations read and write the same") {
  for (const char* text : {"30s", "1m30s", "250ms", "1h", "800us", "1.5s", "1h1m1s"}) {
    CAPTURE(text);
    const auto length = load::parse_duration(text);
    REQUIRE(length);
    CHECK(load::duration_text(*length) == text);
  }
  CHECK(load::parse_duration("90s").value() == 90s);
  CHECK(load::duration_text(90s) == "1m30s");
  for (const char* text : {"", "5", "s", "5 s", "1..s", "-1s", "5d", "99999h"}) {
    CAPTURE(text);
    CHECK_FALSE(load::parse_duration(text));
  }
}

TEST_CASE("a URL is taken apart") {
  auto target = load::parse_target("http://example.test:8080/api?x=1#there").value();
  CHECK(target.host == "example.test");
  CHECK(target.port == 8080);
  CHECK(target.path == "/api?x=1");
  CHECK(target.authority == "example.test:8080");
  target = load::parse_target("http://[::1]:81?q").value();
  CHECK(target.host == "::1");
  CHECK(target.port == 81);
  CHECK(target.path == "/?q");
  CHECK(load::parse_target("http://127.0.0.1").value().path == "/");
  CHECK(load::parse_target("https://x").error().message.find("https is not served") == 0);
  for (const char* url : {"127.0.0.1/api", "http://", "http:///x", "http://h:0/", "http://h:70000/", "http://h:a/", "http://u@h/", "http://h/a b"}) {
    CAPTURE(url);
    CHECK_FALSE(load::parse_target(url));
  }
}

TEST_CASE("a header that would break the request is refused") {
  CHECK(load::parse_header("X-A:  b c").value() == std::pair<std::string, std::string>("X-A", "b c"));
  CHECK(load::parse_header("Empty:").value().second.empty());
  for (const char* text : {"none", ": v", "A b: c", "A: b\r\nC: d", "Content-Length: 5", "transfer-encoding: chunked"}) {
    CAPTURE(text);
    CHECK_FALSE(load::parse_header(text));
  }
}

TEST_CASE("a plan that cannot run is refused before a packet is sent") {
  load::Plan good;
  good.target = load::parse_target("http://127.0.0.1/").value();
  good.stages = {{10, 10, 1s}};
  CHECK(load::check(good));
  auto bad = good;
  bad.stages.clear();
  CHECK_FALSE(load::check(bad));
  bad = good;
  bad.stages = {{0, 0, 1s}};
  CHECK_FALSE(load::check(bad));
  bad = good;
  bad.stages = {{10, 10, 0s}};
  CHECK_FALSE(load::check(bad));
  bad = good;
  bad.connections = 0;
  CHECK_FALSE(load::check(bad));
  bad = good;
  bad.method = "G T";
  CHECK_FALSE(load::check(bad));
  bad = good;
  bad.timeout = 0s;
  CHECK_FALSE(load::check(bad));
}

#include "load/slo.h"

#include <doctest/doctest.h>

namespace {

load::Outcome measured() {
  load::Outcome outcome;
  outcome.counts = {1000, 1000, 998, 2};
  outcome.latency = {998, 2e6, 1'000'000, 5'000'000, 20'000'000, 30'000'000, 40'000'000};
  outcome.achieved_rate = 100;
  return outcome;
}

bool met(const std::string& text) {
  const auto limits = load::parse_limits(text);
  REQUIRE(limits);
  const auto judged = load::judge(*limits, measured());
  return judged.at(0).met;
}

}  // namespace

TEST_CASE("each kind of limit is judged by its own value") {
  CHECK(met("p50<1.1ms"));
  CHECK_FALSE(met("p50<1ms"));
  CHECK(met("p50<=1ms"));
  CHECK(met("p90<6ms"));
  CHECK(met("p99<21ms"));
  CHECK_FALSE(met("p99<20ms"));
  CHECK(met("p99.9<31ms"));
  CHECK_FALSE(met("p99.9<21ms"));
  CHECK(met("max<41ms"));
  CHECK(met("mean<3ms"));
  CHECK(met("errors<0.21%"));
  CHECK_FALSE(met("errors<0.2%"));
  CHECK(met("errors<3"));
  CHECK_FALSE(met("errors<=1"));
  CHECK(met("rate>99"));
  CHECK_FALSE(met("rate>100"));
  CHECK(met("rate>=100"));
}

TEST_CASE("several limits are judged each, and say what they found") {
  const auto judged = load::judge(load::parse_limits("p99<10ms,errors<1%").value(), measured());
  REQUIRE(judged.size() == 2);
  CHECK(load::judged_text(judged[0]) == "p99<10ms: 20 ms, NOT met");
  CHECK(load::judged_text(judged[1]) == "errors<1%: 0.2 %, met");
}

TEST_CASE("a latency of no requests meets no limit") {
  CHECK_FALSE(load::judge(load::parse_limits("p99<10s").value(), load::Outcome{}).at(0).met);
}

TEST_CASE("a malformed limit is refused with the form it should have") {
  for (const char* text : {"", "p99", "p98<1s", "p99<", "p99<5", "p99>1s", "errors<x", "rate<5", "errors>1", "p99<1s,"}) {
    CAPTURE(text);
    const auto limits = load::parse_limits(text);
    REQUIRE_FALSE(limits);
    CHECK(limits.error().message.find("write limits as in") != std::string::npos);
  }
}

#include "cmd/demo_load.h"

#include <doctest/doctest.h>

namespace cmd {

namespace {

load::Outcome answered(load::Verdict verdict, double offered) {
  load::Outcome outcome;
  outcome.counts = {1000, 1000, 1000, 0};
  outcome.verdict = verdict;
  outcome.verdict_reason = verdict == load::Verdict::valid ? "" : "why";
  outcome.offered_share = offered;
  return outcome;
}

}  // namespace

TEST_CASE("a demo's load that was not kept up proves nothing, one that was only late does") {
  CHECK(load_kept(answered(load::Verdict::valid, 1)));
  CHECK(load_kept(answered(load::Verdict::saturated, 1)));  // late by a busy machine's milliseconds
  const auto kept = load_kept(answered(load::Verdict::saturated, 0.9));
  REQUIRE_FALSE(kept);
  CHECK(kept.error().code == "LoadNotKept");
  CHECK(kept.error().message.find("why") != std::string::npos);
}

TEST_CASE("a demo in which a request failed, or none was answered, has not kept its promise") {
  CHECK(none_failed(answered(load::Verdict::valid, 1)));
  auto outcome = answered(load::Verdict::valid, 1);
  outcome.counts.failed = 2;
  outcome.errors[static_cast<std::size_t>(load::ErrorKind::reset)] = 2;
  CHECK(none_failed(outcome).error().code == "RequestsFailed");
  CHECK(none_failed(load::Outcome()).error().code == "NoTraffic");
}

}  // namespace cmd

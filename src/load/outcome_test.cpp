#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <functional>

#include "load/rendering.h"
#include "load/tally.h"

using namespace std::chrono_literals;
using load::Nanoseconds;
using load::Verdict;

namespace {

load::Plan plan_of(double rate) {
  load::Plan plan;
  plan.target = load::parse_target("http://h/").value();
  plan.stages = {{rate, rate, 1s}};
  return plan;
}

/// A second of requests, of which the first `sent` are sent and answered, each taken off the schedule this late.
load::Outcome measured(int due, int sent, Nanoseconds lag, Nanoseconds latency) {
  const load::Plan plan = plan_of(due);
  const load::Schedule schedule(plan.stages, plan.arrival, 1);
  load::Tally tally(plan, schedule);
  for (int i = 0; i < due; ++i) {
    const load::Request request{1'000'000'000ns * i / due, 0, false};
    tally.due(request, lag);
    if (i < sent) {
      tally.sent(request, request.due + lag, 100);
      tally.answered(request, request.due + lag, request.due + latency, 200);
    } else {
      tally.failed(request, load::ErrorKind::not_sent, "all busy", Nanoseconds(-1), request.due + 1s);
    }
  }
  return tally.finish(1s, 1s, false);
}

}  // namespace

TEST_CASE("a run is saturated when less than 99 % were sent in time, or the generator itself was late") {
  CHECK(measured(1000, 1000, 100us, 5ms).verdict == Verdict::valid);
  CHECK(measured(1000, 991, 100us, 5ms).verdict == Verdict::valid);
  CHECK(measured(1000, 985, 100us, 5ms).verdict == Verdict::saturated);
  CHECK(measured(1000, 1000, 20ms, 25ms).verdict == Verdict::saturated);
  CHECK(measured(1000, 1000, 20ms, 100ms).verdict == Verdict::valid);  // the latency is the server's
  const auto busy = measured(1000, 1000, 4ms, 5ms);
  CHECK(busy.verdict == Verdict::valid);
  CHECK(busy.lag_shows());
  CHECK(load::outcome_text(busy).find("This machine was busy") != std::string::npos);
  CHECK(load::outcome_text(measured(1000, 985, 100us, 5ms)).find("GENERATOR SATURATED: result not valid: only 98.5 %") != std::string::npos);
}

TEST_CASE("requests to which the target gave no connection went out all the same: its outage is measured, not the generator's") {
  const load::Plan plan = plan_of(1000);
  const load::Schedule schedule(plan.stages, plan.arrival, 1);
  const auto outage = [&](const std::function<void(load::Tally&, const load::Request&)>& end) {
    load::Tally tally(plan, schedule);
    for (int i = 0; i < 1000; ++i) {
      const load::Request request{1ms * i, 0, false};
      tally.due(request, 100us);
      if (i < 900) {
        tally.sent(request, request.due, 100);
        tally.answered(request, request.due, request.due + 5ms, 200);
      } else {
        end(tally, request);
      }
    }
    return tally.finish(1s, 1s, false);
  };
  const auto refused = outage([](load::Tally& tally, const load::Request& request) {
    tally.not_taken(request, request.due);
    tally.failed(request, load::ErrorKind::connect_refused, "Connection refused", Nanoseconds(-1), request.due);
  });
  CHECK(refused.verdict == Verdict::valid);
  CHECK(refused.offered());
  CHECK(refused.achieved_rate == doctest::Approx(900));
  const auto judged = load::judge(load::parse_limits("errors<1%").value(), refused);
  CHECK_FALSE(judged.at(0).met);
  const auto late = outage([](load::Tally& tally, const load::Request& request) {
    tally.not_taken(request, 2s);
    tally.failed(request, load::ErrorKind::connect_refused, "Connection refused", Nanoseconds(-1), 2s);
  });
  CHECK(late.verdict == Verdict::saturated);
  const auto no_ports = outage([](load::Tally& tally, const load::Request& request) {
    tally.short_of("Cannot assign requested address");
    tally.failed(request, load::ErrorKind::connect_failed, "Cannot assign requested address", Nanoseconds(-1), request.due);
  });
  CHECK(no_ports.verdict == Verdict::saturated);
  CHECK(no_ports.verdict_reason.find("this machine had no more (Cannot assign requested address)") != std::string::npos);
}

TEST_CASE("requests that gave up waiting are in the latency, at the time they were given up") {
  const auto outcome = measured(100, 50, 0ns, 1ms);
  CHECK(outcome.latency.count == 100);
  CHECK(outcome.latency.p50 < 1'010'000);
  CHECK(outcome.latency.p90 >= 1'000'000'000);
  CHECK(outcome.service.count == 50);
}

TEST_CASE("seconds follow the due time and are rows even without a request") {
  load::Plan plan = plan_of(10);
  plan.stages = {{10, 10, 1s}, {0, 0, 2s}};
  const load::Schedule schedule(plan.stages, plan.arrival, 1);
  load::Tally tally(plan, schedule);
  for (int i = 0; i < 10; ++i) {
    const load::Request request{100ms * i, 0, false};
    tally.due(request, 0ns);
    tally.sent(request, request.due, 1);
  }
  for (int i = 0; i < 10; ++i) tally.answered({100ms * i, 0, false}, 100ms * i, 2500ms, 200);  // all in the third second
  const auto outcome = tally.finish(3s, 3s, false);
  REQUIRE(outcome.seconds.size() == 3);
  CHECK(outcome.seconds[0].counts.ok == 10);
  CHECK(outcome.seconds[0].latency.max == 2'500'000'000);
  CHECK(outcome.seconds[2].counts.ok == 0);
  CHECK(outcome.seconds[2].latency.count == 0);
}

TEST_CASE("a run that ends within a second has that part's target rate and length") {
  load::Plan plan = plan_of(100);
  plan.stages = {{100, 100, 1800ms}, {100, 300, 500ms}};
  const load::Schedule schedule(plan.stages, plan.arrival, 1);
  load::Tally tally(plan, schedule);
  load::Schedule due(plan.stages, plan.arrival, 1);
  while (const auto next = due.next()) {
    const load::Request request{next->at, next->stage, false};
    tally.due(request, 0ns);
    tally.sent(request, request.due, 1);
    tally.answered(request, request.due, request.due + 1ms, 200);
  }
  const auto outcome = tally.finish(2300ms, 2300ms, false);
  REQUIRE(outcome.seconds.size() == 3);
  CHECK(outcome.seconds[0].target_rate == doctest::Approx(100));
  CHECK(outcome.seconds[0].length == 1s);
  CHECK(outcome.seconds[1].target_rate == doctest::Approx(0.8 * 100 + 0.2 * 140));
  CHECK(outcome.seconds[2].target_rate == doctest::Approx(240));
  CHECK(outcome.seconds[2].length == 300ms);
  CHECK(static_cast<double>(outcome.seconds[2].counts.sent) / 0.3 == doctest::Approx(240).epsilon(0.03));
  CHECK(load::outcome_json(outcome).at("timeline").at(2).at("seconds") == 0.3);
}

TEST_CASE("JSON says null where nothing was measured, and every number that the text says") {
  const auto made = load::outcome_json(measured(1000, 1000, 100us, 5ms), load::judge(load::parse_limits("p99<10ms").value(), measured(1000, 1000, 100us, 5ms)));
  CHECK(made.at("verdict") == "valid");
  CHECK(made.at("requests").at("due") == 1000);
  CHECK(made.at("latency_ms").at("p99").to_number<double>() == doctest::Approx(5).epsilon(0.002));
  CHECK(made.at("service_time_ms").at("p50").to_number<double>() == doctest::Approx(4.9).epsilon(0.002));
  CHECK(made.at("rate").at("achieved").to_number<double>() == 1000);
  CHECK(made.at("slo").at(0).at("met") == true);
  CHECK(made.at("timeline").as_array().size() == 1);
  const auto empty = load::outcome_json(measured(10, 0, 0ns, 0ns));
  CHECK(empty.at("service_time_ms").at("p99").is_null());
  CHECK(empty.at("errors").at("not_sent").at("first") == "all busy");
}

TEST_CASE("latencies are written with three digits and the unit that fits") {
  CHECK(load::latency_text(812'345) == "812 us");
  CHECK(load::latency_text(1'234'567) == "1.23 ms");
  CHECK(load::latency_text(31'500'000) == "31.5 ms");
  CHECK(load::latency_text(215'000'000) == "215 ms");
  CHECK(load::latency_text(1'020'000'000) == "1.02 s");
}

#include <doctest/doctest.h>

#include <set>

#include "base/address_plan.h"
#include "base/arn.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"

TEST_CASE("an ARN parses into its parts and prints back the same") {
  const auto arn = Arn::parse("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/1f");
  REQUIRE(arn);
  CHECK(arn->resource == "loadbalancer/app/web/1f");
  CHECK(arn->text() == "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/1f");
  CHECK_FALSE(Arn::parse("web"));
  CHECK_FALSE(Arn::parse("arn:aws:ecs:us-east-1"));
}

TEST_CASE("no two of an engine's addresses are the same, whatever its state directory") {
  for (const char* directory : {"/a", "/b", "/var/lib/scaleout", "/tmp/so-x/state"}) {
    const AddressPlan plan(directory);
    std::set<std::string> all;
    for (int i = 0; i < AddressPlan::kBalancers; ++i) all.insert(plan.balancer(i));
    for (int i = 0; i < AddressPlan::kNodes; ++i) all.insert(plan.node(i));
    for (int i = 0; i < AddressPlan::kTasks; ++i) all.insert(plan.task(i));
    CHECK(all.size() == AddressPlan::kBalancers + AddressPlan::kNodes + AddressPlan::kTasks);
  }
}

TEST_CASE("the same seed gives the same ids") {
  Random a(7), b(7);
  CHECK(a.uuid() == b.uuid());
  CHECK(a.hex(17).size() == 17);
  CHECK(a.below(10) < 10);
}

TEST_CASE("timestamps print as ISO 8601 in UTC with milliseconds") {
  CHECK(to_iso8601(instant_from_ms(1'763'915'474'120)) == "2025-11-23T16:31:14.120Z");
}

TEST_CASE("time scale divides durations") {
  CHECK(Pace{60}(minutes(5)) == seconds(5));
  CHECK(Pace{}(minutes(5)) == minutes(5));
}

TEST_CASE("TRY passes the error on") {
  auto inner = []() -> Result<int> { return fail("ClientException", "no"); };
  auto outer = [&]() -> Result<int> {
    TRY(int value, inner());
    return value + 1;
  };
  CHECK(outer().error().code == "ClientException");
}

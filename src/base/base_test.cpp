#include <doctest/doctest.h>

#include <set>

#include "base/address_plan.h"
#include "base/arn.h"
#include "base/random.h"
#include "base/result.h"
#include "base/sha256.h"
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

TEST_CASE("SHA-256 and its keyed form are those of FIPS 180-2 and RFC 4231") {
  CHECK(lower_hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(lower_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(same_secret("abc", "abc"));
  CHECK_FALSE(same_secret("abc", "abd"));
  CHECK_FALSE(same_secret("abc", "abcd"));
}

TEST_CASE("TRY passes the error on") {
  auto inner = []() -> Result<int> { return fail("ClientException", "no"); };
  auto outer = [&]() -> Result<int> {
    TRY(int value, inner());
    return value + 1;
  };
  CHECK(outer().error().code == "ClientException");
}

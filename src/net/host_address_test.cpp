#include "net/host_address.h"

#include <doctest/doctest.h>

namespace net {

TEST_CASE("this machine is its own peer; who is merely routed here, and what is no address, is not") {
  CHECK(is_own_peer("127.0.0.1:5123"));
  CHECK(is_own_peer("127.44.3.9:80"));
  CHECK_FALSE(is_own_peer("192.0.2.17:443"));  // TEST-NET-1: on nobody's network
  CHECK_FALSE(is_own_peer("unix"));
  CHECK_FALSE(is_own_peer("[::1]:80"));
  CHECK_FALSE(is_own_peer(""));
}

TEST_CASE("an address that is there already is fine, and is not taken away under another's label") {
  const LoopbackAddress here{"127.0.0.1", "lo:test"};
  CHECK(add_loopback_address(here));
  CHECK(can_have_loopback_address("127.0.0.1"));
  CHECK_FALSE(remove_unused_loopback_address(here));
  CHECK(add_loopback_address({"localhost", "lo:test"}).error().code == "InvalidAddress");
  CHECK(add_loopback_address({"127.0.0.1", "lo:a-label-longer-than-any"}).error().code == "InvalidAddress");
}

TEST_CASE("an address is added where that is allowed, and said to be refused where it is not") {
  const LoopbackAddress ours{"198.51.100.77", "lo:sotest"};  // TEST-NET-2
  const auto can = can_have_loopback_address(ours.address);
  const auto added = add_loopback_address(ours);
  CHECK(added.has_value() == can.has_value());
  if (!added) {
    CHECK(added.error().message.find("198.51.100.77") != std::string::npos);
    return;
  }
  CHECK(is_own_peer("198.51.100.77:1"));
  CHECK(remove_unused_loopback_address(ours));
  CHECK_FALSE(is_own_peer("198.51.100.77:1"));
  CHECK_FALSE(remove_unused_loopback_address(ours));
}

}  // namespace net

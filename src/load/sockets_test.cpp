#include "load/sockets.h"

#include <doctest/doctest.h>

#include "load/peer_test.h"

using namespace std::chrono_literals;

namespace {

load::Address v4(std::uint16_t port) {
  load::Address address;
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  in.sin_port = htons(port);
  std::memcpy(&address.storage, &in, sizeof in);
  address.length = sizeof in;
  return address;
}

load::Address v6(std::uint16_t port) {
  load::Address address;
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_addr = in6addr_loopback;
  in.sin6_port = htons(port);
  std::memcpy(&address.storage, &in, sizeof in);
  address.length = sizeof in;
  return address;
}

}  // namespace

TEST_CASE("of several addresses the first that takes connections is used: localhost may be ::1 and the server at 127.0.0.1") {
  load::Peer peer([](load::Peer::Talk& talk) { talk.read_request(); });
  CHECK(load::choose({v6(peer.port()), v4(peer.port())}, 2s).storage.ss_family == AF_INET);
  CHECK(load::choose({v4(peer.port()), v6(peer.port())}, 2s).storage.ss_family == AF_INET);
  const std::uint16_t nobody = load::unused_port();
  CHECK(load::choose({v6(nobody), v4(nobody)}, 2s).storage.ss_family == AF_INET6);
  CHECK(load::choose({v6(nobody)}, 2s).storage.ss_family == AF_INET6);
  CHECK(peer.requests() == 0);
}

TEST_CASE("a name's addresses are all kept") {
  const auto found = load::resolve(load::parse_target("http://127.0.0.1:80/").value());
  REQUIRE(found);
  CHECK(found->size() == 1);
}

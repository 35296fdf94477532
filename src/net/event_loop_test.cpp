#include "net/event_loop.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <string>
#include <thread>

namespace net {

TEST_CASE("timers fire in order; cancelled and dropped ones do not") {
  EventLoop loop;
  std::string order;
  Timer later = loop.call_after(std::chrono::milliseconds(10), [&] { order += "b"; });
  Timer sooner = loop.call_after(std::chrono::milliseconds(1), [&] { order += "a"; });
  Timer cancelled = loop.call_after(std::chrono::milliseconds(1), [&] { order += "x"; });
  { Timer dropped = loop.call_after(std::chrono::milliseconds(1), [&] { order += "y"; }); }
  cancelled.cancel();
  CHECK(loop.run_until([&] { return order.size() == 2; }, std::chrono::seconds(5)));
  CHECK(order == "ab");
  CHECK_FALSE(sooner.pending());
}

TEST_CASE("a timer may replace itself from within its own task") {
  EventLoop loop;
  int count = 0;
  Timer timer;
  std::function<void()> again = [&] {
    if (++count < 3) timer = loop.call_after(std::chrono::milliseconds(1), again);
  };
  timer = loop.call_after(std::chrono::milliseconds(1), again);
  CHECK(loop.run_until([&] { return count == 3; }, std::chrono::seconds(5)));
}

TEST_CASE("post works from other threads, and stop before run is not lost") {
  EventLoop loop;
  int posted = 0;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) loop.post([&] { ++posted; });
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  other.join();
  CHECK(posted == 100);
  loop.stop();
  loop.run();  // returns at once
}

TEST_CASE("a watched descriptor is read when readable, left open, and may be dropped from within") {
  EventLoop loop;
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == 0);
  std::string got;
  Watch watch;
  watch = loop.watch_readable(pair[0], [&] {
    char byte = 0;
    REQUIRE(::read(pair[0], &byte, 1) == 1);
    got += byte;
    if (got.size() == 2) watch = {};
  });
  REQUIRE(::write(pair[1], "a", 1) == 1);
  REQUIRE(::write(pair[1], "b", 1) == 1);
  REQUIRE(::write(pair[1], "c", 1) == 1);
  CHECK(loop.run_until([&] { return got.size() == 2; }, std::chrono::seconds(5)));
  loop.run_until([] { return false; }, std::chrono::milliseconds(5));
  CHECK(got == "ab");
  char left = 0;
  CHECK(::read(pair[0], &left, 1) == 1);
  ::close(pair[0]);
  ::close(pair[1]);
}

TEST_CASE("signals arrive as events") {
  EventLoop loop;
  int seen = 0;
  loop.on_signal({SIGUSR1}, [&](int signal) { seen += signal == SIGUSR1; });
  ::raise(SIGUSR1);
  CHECK(loop.run_until([&] { return seen == 1; }, std::chrono::seconds(5)));
  ::raise(SIGUSR1);
  CHECK(loop.run_until([&] { return seen == 2; }, std::chrono::seconds(5)));
}

}  // namespace net

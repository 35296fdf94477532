#include "balancer/haproxy/process.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/testing/few_descriptors.h"

using namespace balancer;
namespace fs = std::filesystem;

TEST_CASE("haproxy: one that was started and cannot be watched, for want of a descriptor, does not stay") {
  char name[] = "/tmp/scaleout-haproxy-XXXXXX";
  const fs::path top = fs::canonical(mkdtemp(name));
  const std::string program = top / "waits", config = top / "haproxy.cfg";
  std::ofstream(program) << "#!/bin/sh\nkill -STOP $$\n";
  fs::permissions(program, fs::perms::owner_all);
  const HaproxyCommand command{program, config, top / "master.sock", top / "output"};
  {
    const ::testing::FewDescriptors none(0);
    const auto started = start_haproxy(command);
    REQUIRE_FALSE(started);
    CHECK(started.error().message.find("Too many open files") != std::string::npos);
  }
  const Found left = find_haproxy(config);
  CHECK(left.masters.empty());
  for (const int pid : left.masters) open_haproxy(pid, config).signal(SIGKILL);
  // With one it is there, and told.
  const auto started = start_haproxy(command);
  REQUIRE(started);
  CHECK_FALSE(started->ended());
  started->signal(SIGKILL);
  CHECK(started->wait_for_end(Duration{10'000}));
  fs::remove_all(top);
}

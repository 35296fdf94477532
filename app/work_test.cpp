#include "app/work.h"

#include <doctest/doctest.h>

using namespace http_api;
using namespace std::chrono_literals;

TEST_CASE("work burns the CPU time asked for, and no more than a little above it") {
  for (const auto amount : {0us, 50us, 2'000us}) {
    const auto before = thread_cpu_time();
    burn_cpu(amount);
    const auto burnt = thread_cpu_time() - before;
    CHECK(burnt >= amount);
    CHECK(burnt < amount + 1'000us);
  }
}

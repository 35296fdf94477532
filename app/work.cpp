#include "app/work.h"

#include <cstdint>
#include <ctime>

namespace http_api {

std::chrono::nanoseconds thread_cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void burn_cpu(std::chrono::microseconds amount) {
  constexpr int kRoundsBetweenLooks = 200;  // a fraction of a microsecond: the clock is a system call
  if (amount.count() <= 0) return;
  const auto end = thread_cpu_time() + amount;
  std::uint64_t value = 1;
  do {
    for (int i = 0; i < kRoundsBetweenLooks; ++i) {
      value = value * 6364136223846793005U + 1442695040888963407U;
      asm volatile("" : "+r"(value));  // the compiler may not remove what nobody reads
    }
  } while (thread_cpu_time() < end);
}

}  // namespace http_api

#include "cmd/demo_interruption.h"

#include <poll.h>
#include <signal.h>

#include "cmd/stop_signals.h"

namespace cmd {

namespace {

/// A signal may come at any time until the process ends.
load::Stop& told_to_end() {
  static load::Stop stop;
  return stop;
}

}  // namespace

DemoInterruption::DemoInterruption() { stop_on_signals(told_to_end(), SA_RESTART); }

Result<void> DemoInterruption::check() const {
  if (!told_to_end().requested()) return {};
  return fail(kStoryInterrupted, "interrupted");
}

Result<void> DemoInterruption::sleep_until(std::chrono::steady_clock::time_point end) const {
  for (;;) {
    TRY_VOID(check());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return {};
    pollfd signalled{told_to_end().fd(), POLLIN, 0};
    ::poll(&signalled, 1, static_cast<int>(left.count()));
  }
}

int DemoInterruption::exit_code() const { return stopped_exit_code(); }

}  // namespace cmd

#include "cmd/demo_interruption.h"

#include <poll.h>
#include <signal.h>

#include "cmd/options.h"
#include "load/generator.h"

namespace cmd {

namespace {

/// A signal handler has no arguments but the number.
load::Stop* told_to_end = nullptr;
volatile sig_atomic_t ended_by = 0;

void on_signal(int number) {
  ended_by = number;
  told_to_end->request();
}

}  // namespace

DemoInterruption::DemoInterruption() {
  static load::Stop stop;  // a signal may come at any time until the process ends
  told_to_end = &stop;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

Result<void> DemoInterruption::check() const {
  if (!told_to_end->requested()) return {};
  return fail(kStoryInterrupted, "interrupted");
}

Result<void> DemoInterruption::sleep_until(std::chrono::steady_clock::time_point end) const {
  for (;;) {
    TRY_VOID(check());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return {};
    pollfd signalled{told_to_end->fd(), POLLIN, 0};
    ::poll(&signalled, 1, static_cast<int>(left.count()));
  }
}

int DemoInterruption::exit_code() const { return ended_by == SIGTERM ? kTerminated : kInterrupted; }

}  // namespace cmd

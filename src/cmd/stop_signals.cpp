#include "cmd/stop_signals.h"

#include <signal.h>

#include "cmd/options.h"

namespace cmd {

namespace {

/// A signal handler has no arguments but the number: the run it ends.
load::Stop* running = nullptr;
volatile sig_atomic_t stopped_by = 0;

void stop_running(int number) {
  stopped_by = number;
  running->request();
}

}  // namespace

void stop_on_signals(load::Stop& stop, int flags) {
  running = &stop;
  struct sigaction action {};
  action.sa_handler = stop_running;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | flags;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int stopped_exit_code() { return stopped_by == SIGTERM ? kTerminated : kInterrupted; }

}  // namespace cmd

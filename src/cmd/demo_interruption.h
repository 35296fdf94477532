// Ctrl-C or SIGTERM while a demo runs: the story ends at its next step or wait, and the site is taken down.
#pragma once

#include <chrono>

#include "base/result.h"

namespace cmd {

/// Error code of a story that was told to end.
inline constexpr const char* kStoryInterrupted = "Interrupted";

/// Handles the two signals from its making on, each once: a second one ends the program as ever. One at a time.
class DemoInterruption {
 public:
  DemoInterruption();
  DemoInterruption(const DemoInterruption&) = delete;
  DemoInterruption& operator=(const DemoInterruption&) = delete;

  /// An error, code kStoryInterrupted, once a signal has come.
  Result<void> check() const;
  /// Sleeps until then; the error of check() as soon as a signal comes.
  Result<void> sleep_until(std::chrono::steady_clock::time_point end) const;
  /// 128 and the signal's number.
  int exit_code() const;
};

}  // namespace cmd

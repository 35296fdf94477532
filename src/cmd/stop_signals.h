// The first Ctrl-C or SIGTERM ends a run in good order, the second one the program.
#pragma once

#include "load/generator.h"

namespace cmd {

/// Requests the stop when one of the two signals comes, each once. One stop at a time, and it outlives the signals that may
/// come. `flags` are further ones of sigaction().
void stop_on_signals(load::Stop& stop, int flags = 0);

/// 128 and the number of the signal that came.
int stopped_exit_code();

}  // namespace cmd

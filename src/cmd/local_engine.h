// The engine that `up` and `demo` start in the background, and `down` ends.
#pragma once

#include <string>

#include "base/result.h"
#include "client/settings.h"
#include "cmd/options.h"

namespace cmd {

struct LocalEngine {
  int pid = 0;
  std::string log;  ///< where it writes
};

/// Whether an engine answers at the endpoint.
bool engine_answers(const client::Settings& settings);
/// Starts `scaleout engine` detached and waits until it answers; its end, or ten seconds without, is an error that
/// quotes its log (code kStateLocked: another engine has its state directory).
Result<LocalEngine> start_engine(const client::Settings& settings, EngineOptions options);
/// Ends the engine that answers, its tasks and its load balancer, and what they left.
Result<void> end_engine(const client::Settings& settings);
/// Ends what a dead engine left in its state directory: tasks, load balancer, mounts. Where the engine lives, nothing is
/// touched: an error, code kStateLocked.
Result<void> sweep_state(const std::string& state_directory);
/// Of the engine that answers.
Result<std::string> engine_state_directory(const client::Settings& settings);

}  // namespace cmd

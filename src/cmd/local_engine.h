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
/// quotes its log.
Result<LocalEngine> start_engine(const client::Settings& settings, EngineOptions options);
/// Ends the engine (tasks and load balancer too) and whatever a dead one left in its state directory.
Result<void> end_engine(const client::Settings& settings, const std::string& state_directory);

}  // namespace cmd

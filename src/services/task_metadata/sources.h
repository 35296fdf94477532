// What task metadata tells and the state does not hold: what the runtime last reported. Filled by the engine's wiring.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/task.h"

namespace services::task_metadata {

struct Sample {
  Instant at{};
  std::uint64_t cpu_ns = 0;  ///< since the container started
  std::uint64_t memory_bytes = 0;
  std::uint64_t network_rx_bytes = 0, network_tx_bytes = 0;
};

struct Observed {
  std::optional<Instant> started_at, finished_at;
  std::string address;  ///< of the container's own; empty: it shares this machine's
  std::optional<Sample> last, before;
};

struct Sources {
  std::function<Observed(const std::string& task_id, const std::string& container)> observed;
  /// The name under which the runtime has it.
  std::function<std::string(const model::Task& task, const std::string& container)> docker_name;
  Instant booted_at{};  ///< this machine, for stats: its CPU time is its cores' since then
  unsigned cores = 1;
};

}  // namespace services::task_metadata

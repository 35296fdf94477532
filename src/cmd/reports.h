// What the engine says of itself outside the AWS APIs: /_scaleout/health, /_scaleout/usage, /_scaleout/scaling, /metrics.
#pragma once

#include <string>
#include <string_view>

#include "engine/engine.h"
#include "state/state.h"

namespace cmd {

/// What the engine was started with.
struct EngineFacts {
  std::string directory;
  std::string_view runtime;
  std::string region;
  double time_scale = 1;
};
std::string health_report(const state::State& state, const EngineFacts& facts);
/// Where listeners are really bound, and used CPU and memory of each node and task, as measured over the last second.
std::string usage_report(const state::State& state, const engine::Engine& engine, double cores_per_vcpu);
/// What AWS does not tell: each alarm's newest evaluation, and what is left of each scalable target's cooldowns.
std::string scaling_report(const state::State& state, const engine::Engine& engine, Instant now);
std::string metrics_report(const state::State& state, const engine::Engine& engine);

}  // namespace cmd

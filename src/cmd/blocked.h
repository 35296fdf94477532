// What security groups keep apart just now, as sentences: the engine's answer to `scaleout doctor`.
#pragma once

#include <string>
#include <vector>

#include "state/state.h"

namespace cmd {

/// Targets that their balancer does not reach, and listeners that take no connection from this machine.
std::vector<std::string> blocked_sentences(const state::State& state);
/// {"blocked": ["…"]}
std::string blocked_json(const state::State& state);

}  // namespace cmd

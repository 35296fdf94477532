// What a container uses, in the shape of Docker's stats: the two newest samples of the runtime, and nothing that was
// not measured.
#pragma once

#include <boost/json.hpp>

#include "services/task_metadata/sources.h"
#include "state/state.h"

namespace services::task_metadata {

/// Null while there is no sample, as the agent has it.
boost::json::value stats_json(const state::State& state, const Sources& sources, const model::Task& task,
                              const model::Container& container);

}  // namespace services::task_metadata

// Task metadata v3 and v4 as JSON: a container, and a task with its containers, with the member names of the ECS agent.
// Made anew from the records for each request; members that are not known are absent, as there.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "services/context.h"
#include "services/task_metadata/sources.h"

namespace services::task_metadata {

enum class Version { v3, v4 };

boost::json::object container_json(const Context& context, const Sources& sources, const model::Task& task,
                                   const model::Container& container, Version version);
boost::json::object task_json(const Context& context, const Sources& sources, const model::Task& task, Version version,
                              bool with_tags);

}  // namespace services::task_metadata

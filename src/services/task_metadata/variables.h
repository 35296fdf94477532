// What a container's environment says of the engine, as the ECS agent does it. Asked by the engine's wiring when a task
// starts.
#pragma once

#include <map>
#include <string>

#include "model/task.h"
#include "services/task_metadata/task_secret.h"

namespace services::task_metadata {

struct Introduction {
  std::string address;  ///< "127.0.0.1:4566", as the container reaches the engine
  std::string region;
  bool has_role = false;
  bool tell_apis = true;  ///< also where the AWS APIs are
};

/// Variables of the agent's, which stand over what the definition says.
std::map<std::string, std::string> agent_variables(const model::Task& task, const std::string& container,
                                                   const TaskSecret& secret, const Introduction& told);
/// Variables that a definition may set otherwise: AWS_ENDPOINT_URL and the region, by which SDKs in the task talk to
/// the engine.
std::map<std::string, std::string> default_variables(const Introduction& told);

}  // namespace services::task_metadata

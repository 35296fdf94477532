// From what ECS asks of a container to the body of Docker's create call: pure, so each rule has a test. Called by the
// docker driver; also the names and labels by which a later engine finds what it left.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "drivers/driver.h"

namespace drivers::docker {

inline constexpr const char* kStateLabel = "scaleout.state";          ///< state_key() of the engine
inline constexpr const char* kTaskLabel = "scaleout.task";            ///< the task's id
inline constexpr const char* kContainerLabel = "scaleout.container";  ///< its name in the definition
inline constexpr const char* kSpecLabel = "scaleout.spec";            ///< spec_to_json() of the whole task

/// What of the task this runtime cannot do, an ECS agent's "<ErrorName>: text" as message.
Result<void> check_task(const TaskSpec& task);

/// One of a task's containers has one name for ever, so that creating it twice is refused by the daemon.
std::string container_name(const std::string& key, const std::string& task_id, const std::string& container);

struct Placement {
  std::string key;            ///< state_key()
  std::string image;          ///< as the daemon knows it
  std::string cgroup_parent;  ///< empty: the daemon's own
  std::uint64_t log_limit = 16u << 20;
};
boost::json::object container_config(const TaskSpec& task, const ContainerSpec& container, const Placement& placement);

/// For a query, "filters=…": all containers of one engine, or of one of its tasks.
std::string filter_of(const std::string& key, const std::string& task_id = {});

}  // namespace drivers::docker

// What the driver knows of a task, kept on disk so that the next engine knows it also while no daemon answers:
// <state>/docker/<task id>.json, replaced whole at each change. Labels tell the rest (container_config.h).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "drivers/driver.h"

namespace drivers::docker {

struct ContainerRecord {
  std::string id;                ///< the daemon's; empty: not created
  std::string image_digest;
  std::int64_t started_ms = 0;
  int restarts = 0;              ///< by its restart policy
  std::int64_t run_ms = 0;       ///< when it was started the last time, by the daemon's clock
  std::string health;            ///< "", HEALTHY or UNHEALTHY
  std::int64_t health_ms = 0;
  std::int64_t exited_ms = 0;    ///< 0: not ended
  std::optional<int> exit_code;  ///< none: it never ran
  std::string reason;
  std::string address{};  ///< in its network; empty: it has none of its own
};

struct TaskRecord {
  TaskSpec spec;
  std::vector<ContainerRecord> containers;  ///< in the spec's order
  bool stopping = false;                    ///< a stop was asked for: nothing of it is started again
  bool forgotten = false;                   ///< the engine wants no more of it: what is left of it goes
};

class TaskRecords {
 public:
  explicit TaskRecords(std::filesystem::path state) : directory_(std::move(state) / "docker") {}
  Result<void> save(const TaskRecord& record) const;
  void remove(const std::string& task_id) const;
  /// In the order of their ids; damaged ones are left and logged.
  std::vector<TaskRecord> find_all() const;
  /// Which daemon has this engine's containers, for a later sweep.
  void remember_daemon(const std::string& url) const;
  std::optional<std::string> daemon() const;
  const std::filesystem::path& directory() const { return directory_; }

 private:
  std::filesystem::path directory_;
};

std::string encode(const TaskRecord& record);
Result<TaskRecord> decode_record(std::string_view text);

}  // namespace drivers::docker

// Where a task lives on disk, and what is read from there after a crash. Called by the process driver and the sweep.
//
//   <state>/tasks/<task id>/spec.json            identity; there before anything else, by one rename
//                           stopping             a stop was asked for; nothing of the task is started any more
//                           c/<container>/       launch, status, lock, upper, work, root, shim.log
//   <state>/logs/<task id>/<container>.log(.1)   output; outlives the task, bounded over all tasks
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "drivers/driver.h"

namespace drivers::process {

/// Letters, digits, "-" and "_", at most 240: checked before an id or a container's name becomes part of a path.
bool is_safe_name(std::string_view name);

class TaskDirectories {
 public:
  explicit TaskDirectories(const std::filesystem::path& state) : tasks_(state / "tasks"), logs_(state / "logs") {}

  std::filesystem::path task(const std::string& task_id) const { return tasks_ / task_id; }
  std::filesystem::path container(const std::string& task_id, const std::string& name) const {
    return tasks_ / task_id / "c" / name;
  }
  std::filesystem::path log(const std::string& task_id, const std::string& name) const {
    return logs_ / task_id / (name + ".log");
  }

  /// Whole or not at all. A task that is there already stays as it is.
  Result<void> create(const TaskSpec& spec, const std::string& boot_id) const;
  struct Found {
    TaskSpec spec;
    std::string boot_id;
    bool stopping = false;
  };
  /// Every task that create() finished; what it did not finish is removed. Damaged ones are left and logged.
  std::vector<Found> find_all() const;
  void mark_stopping(const std::string& task_id) const;
  /// The task's directory goes, its logs stay.
  void remove(const std::string& task_id) const;
  std::vector<LogFile> log_files(const std::string& task_id) const;
  /// Oldest first, logs of tasks whose directory is gone are removed until all logs fit.
  void prune_logs(std::uint64_t limit) const;

 private:
  std::filesystem::path tasks_, logs_;
};

/// True while someone (a container's shim) holds the lock file.
bool is_locked(const std::filesystem::path& lock_file);

}  // namespace drivers::process

// Where a task lives on disk, and what is read from there after a crash. Called by the process driver and the sweep.
//
//   <state>/tasks/<task id>/spec.json            identity; there before anything else, by one rename
//                           stopping             a stop was asked for; nothing of the task is started any more
//                           c/<container>/       launch, status, lock, upper, work, root, shim.log
//                           volumes/<name>/      the task's own volumes
//                           network              who is in the network that its containers share (shim/namespaces.cpp)
//   <state>/volumes/<name>/                      volumes that outlive their tasks
//   <state>/logs/                                see log_directory.h
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "drivers/driver.h"
#include "drivers/log_directory.h"
#include "drivers/process/container_files.h"

namespace drivers::process {

class TaskDirectories {
 public:
  explicit TaskDirectories(const std::filesystem::path& state) : tasks_(state / "tasks"), volumes_(state / "volumes"), logs_(state) {}

  std::filesystem::path task(const std::string& task_id) const { return tasks_ / task_id; }
  std::filesystem::path container(const std::string& task_id, const std::string& name) const {
    return tasks_ / task_id / "c" / name;
  }

  std::filesystem::path network(const std::string& task_id) const { return tasks_ / task_id / "network"; }

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
  /// What the container mounts; volumes without a path of the machine are directories: the task's own go with it.
  std::vector<Bind> volumes(const TaskSpec& task, const ContainerSpec& container) const;
  const LogDirectory& logs() const { return logs_; }

 private:
  std::filesystem::path tasks_, volumes_;
  LogDirectory logs_;
};

/// True while someone (a container's shim) holds the lock file, and where it cannot be looked at (no descriptors left):
/// nobody is taken for dead without having been looked at.
bool is_locked(const std::filesystem::path& lock_file);

}  // namespace drivers::process

// Where the output of tasks is: <state>/logs/<task id>/<container>.log(.1), in the format of log_line.h. It outlives the
// task and is bounded over all tasks. Used by the runtimes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "drivers/driver.h"

namespace drivers {

class LogDirectory {
 public:
  explicit LogDirectory(const std::filesystem::path& state) : logs_(state / "logs") {}

  std::filesystem::path of_task(const std::string& task_id) const { return logs_ / task_id; }
  std::filesystem::path file(const std::string& task_id, const std::string& container) const {
    return logs_ / task_id / (container + ".log");
  }
  std::vector<LogFile> files(const std::string& task_id) const;
  /// Oldest first, logs of tasks that are not `known` any more are removed until all logs fit.
  void prune(std::uint64_t limit, const std::function<bool(const std::string& task_id)>& known) const;

 private:
  std::filesystem::path logs_;
};

}  // namespace drivers

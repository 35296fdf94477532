// `scaleout down`: ends what a state directory's tasks left running, without an engine.
#include <signal.h>

#include <algorithm>
#include <chrono>

#include "drivers/cgroup.h"
#include "drivers/files.h"
#include "drivers/process/process_driver.h"
#include "drivers/process/process_loop.h"

namespace drivers::process {
namespace fs = std::filesystem;

namespace {
/// Opened anew for each look: all together could be more than this process may have descriptors.
ProcessHandle shim_of(const Status& status) { return ProcessHandle::open(status.shim_pid, status.shim_start); }
}  // namespace

SweepReport sweep(const fs::path& state_directory, Duration grace, const fs::path& cgroup_root) {
  SweepReport report;
  std::error_code error;
  const fs::path state = fs::canonical(state_directory, error);
  if (error) return report;
  const TaskDirectories directories(state);
  const std::vector<TaskDirectories::Found> tasks = directories.find_all();
  std::vector<Status> running;
  for (const TaskDirectories::Found& task : tasks) {
    directories.mark_stopping(task.spec.task_id);
    for (const ContainerSpec& container : task.spec.containers) {
      const fs::path directory = directories.container(task.spec.task_id, container.name);
      const Status status = decode_status(read_whole(directory / kStatusFile).value_or(""));
      if (status.boot_id != boot_id()) continue;
      if (shim_of(status).signal(SIGTERM)) {
        running.push_back(status);
      } else if (const ProcessHandle left = ProcessHandle::open(status.init_pid, status.init_start)) {
        left.signal(SIGKILL);
        ++report.killed;
      }
    }
  }
  const auto deadline = std::chrono::steady_clock::now() + grace;
  std::erase_if(running, [&](const Status& status) {
    const ProcessHandle shim = shim_of(status);
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    const bool ended = !shim || shim.wait(static_cast<int>(std::max<std::int64_t>(left, 0)));
    report.stopped += ended ? 1 : 0;
    return ended;
  });
  for (const Status& status : running) shim_of(status).signal(SIGQUIT);
  for (const Status& status : running) {
    ++report.killed;
    const ProcessHandle shim = shim_of(status);
    // A shim that cannot even do that is killed itself, and the kernel takes its container along.
    if (shim && !shim.wait(5'000)) {
      shim.signal(SIGKILL);
      shim.wait(5'000);
    }
  }
  if (!cgroup_root.empty()) CgroupTree::detect(cgroup_root, state_key(state.native())).remove_all();
  for (const TaskDirectories::Found& task : tasks) {
    directories.remove(task.spec.task_id);
    if (fs::exists(directories.task(task.spec.task_id), error)) report.left.push_back(directories.task(task.spec.task_id));
  }
  return report;
}

}  // namespace drivers::process

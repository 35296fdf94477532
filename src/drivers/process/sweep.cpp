// `scaleout down`: ends what a state directory's tasks left running, without an engine.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <list>

#include "drivers/cgroup.h"
#include "drivers/files.h"
#include "drivers/process/process_driver.h"
#include "drivers/process/process_loop.h"

namespace drivers::process {
namespace fs = std::filesystem;

SweepReport sweep(const fs::path& state_directory, Duration grace, const fs::path& cgroup_root) {
  SweepReport report;
  std::error_code error;
  const fs::path state = fs::canonical(state_directory, error);
  if (error) return report;
  const TaskDirectories directories(state);
  const std::vector<TaskDirectories::Found> tasks = directories.find_all();
  std::list<ProcessHandle> running;
  for (const TaskDirectories::Found& task : tasks) {
    directories.mark_stopping(task.spec.task_id);
    for (const ContainerSpec& container : task.spec.containers) {
      const fs::path directory = directories.container(task.spec.task_id, container.name);
      const Status status = decode_status(read_whole(directory / kStatusFile).value_or(""));
      if (status.boot_id != boot_id()) continue;
      if (ProcessHandle shim = ProcessHandle::open(status.shim_pid, status.shim_start)) {
        shim.signal(SIGTERM);
        running.push_back(std::move(shim));
      } else if (const ProcessHandle left = ProcessHandle::open(status.init_pid, status.init_start)) {
        left.signal(SIGKILL);
        ++report.killed;
      }
    }
  }
  const auto deadline = std::chrono::steady_clock::now() + grace;
  running.remove_if([&](const ProcessHandle& shim) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    const bool ended = shim.wait(static_cast<int>(std::max<std::int64_t>(left, 0)));
    report.stopped += ended ? 1 : 0;
    return ended;
  });
  for (const ProcessHandle& shim : running) shim.signal(SIGQUIT);
  for (const ProcessHandle& shim : running) {
    ++report.killed;
    // A shim that cannot even do that is killed itself, and the kernel takes its container along.
    if (!shim.wait(5'000)) {
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

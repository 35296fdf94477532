// The process driver's thread: commands come in by a queue, everything else (shims' statuses, their ends, the second's
// usage sample) by one epoll. Internal to process_driver.cpp; nothing here is touched by another thread but post().
//
// A container goes waiting -> running -> exited, and advance() is level-triggered: it looks at where each container is,
// not at what just happened, so a driver that adopted a task and one that started it run the same code.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "drivers/cgroup.h"
#include "drivers/dependencies.h"
#include "drivers/files.h"
#include "drivers/process/container_files.h"
#include "drivers/process/process_driver.h"
#include "drivers/process_identity.h"
#include "drivers/process/task_directory.h"

namespace drivers::process {

std::vector<std::string> default_shim_command();
/// The program's path; empty if PATH has none.
std::string find_in_path(const std::string& program);

class ProcessDriver::Loop {
 public:
  Loop(ProcessOptions options, const Clock& clock, Sink& sink);
  ~Loop();
  void post(std::function<void()> work);

  // All below: on the loop's thread.
  std::vector<Adopted> adopt();
  void set_node(const NodeSpec& node) { cgroups_.set_node(node); }
  void remove_node(const std::string& node_id) { cgroups_.remove_node(node_id); }
  void start(const TaskSpec& spec);
  void stop(const std::string& task_id);
  void forget(const std::string& task_id);
  void set_reachable(std::vector<Reachable> reachable) { reachable_ = std::move(reachable); }

  const TaskDirectories& directories() const { return directories_; }

 private:
  enum class Phase { waiting, running, exited };
  struct Container {
    ContainerSpec spec;
    Phase phase = Phase::waiting;
    Status status;
    ProcessHandle shim;
    std::uint64_t key = 0;  ///< of its entry in watched_
    int inotify_watch = -1;
    bool stop_sent = false;
    bool stale = false;  ///< its status has changed and could not be read: no descriptors left
  };
  struct Task {
    TaskSpec spec;
    std::vector<Container> containers;
    bool stopping = false, forgotten = false;
  };
  struct Watched {
    std::string task_id;
    std::size_t index;
  };

  void run();
  void drain_queue();
  void drain_inotify();
  void tick();

  void advance(const std::string& task_id);
  void advance_stop(const std::string& task_id);
  static std::vector<ContainerProgress> progress(const Task& task);
  static bool all_exited(const Task& task);
  /// As take_over(), for a container that nobody has started yet.
  bool spawn(Task& task, std::size_t index);
  /// The container has a shim, which is watched from here on, or its end is told. False if neither can be done yet: a
  /// shim that a dead engine was starting has not said who it is, or there are no descriptors left to find out.
  bool take_over(Task& task, std::size_t index);
  Result<void> run_shim(const std::filesystem::path& directory);
  /// It never ran; remembered on disk, told once.
  void never_ran(Task& task, Container& container, std::string reason);
  void watch(Task& task, std::size_t index);
  void unwatch(Container& container);
  void refresh(Task& task, Container& container);
  /// False if it cannot be found out now how: a tick tries again.
  bool shim_ended(std::uint64_t key);
  void adopt_container(Task& task, std::size_t index, const std::string& found_boot_id);
  /// False if what is left of it cannot be ended now.
  bool vanished(Task& task, Container& container);
  void remove(const std::string& task_id);
  void prune_logs();
  void emit_exit(const Task& task, const Container& container);
  Event started_event(const Task& task, const Container& container) const;
  Event restarted_event(const Task& task, const Container& container) const;
  Event exited_event(const Task& task, const Container& container) const;
  bool sandbox();
  /// Why this machine gives tasks no network of their own; empty: it does.
  const std::string& network_refusal();

  const ProcessOptions options_;
  const Clock& clock_;
  Sink& sink_;
  const TaskDirectories directories_;
  const std::string boot_id_;
  CgroupTree cgroups_;
  std::optional<bool> sandbox_;
  std::optional<std::string> network_refusal_;
  std::vector<Reachable> reachable_;

  std::map<std::string, Task> tasks_;
  std::unordered_map<std::uint64_t, Watched> watched_;  ///< epoll key -> container
  std::unordered_map<int, std::uint64_t> inotify_keys_;
  std::set<std::string> waiting_tasks_;                 ///< have a container that waits for a dependency
  std::vector<TaskSpec> cgroups_to_remove_;
  std::uint64_t next_key_ = 16;
  int epoll_ = -1, wake_ = -1, timer_ = -1, inotify_ = -1;
  int forgotten_since_prune_ = 0;

  std::mutex mutex_;
  std::vector<std::function<void()>> queue_;
  bool quit_ = false;
  std::thread thread_;
};

}  // namespace drivers::process

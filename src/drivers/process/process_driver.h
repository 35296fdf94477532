// The runtime `process`: each container is a process of this machine, in its own root, under a shim that outlives the
// engine (shim/shim.h). Made by the engine's wiring. One thread of its own; no pipe, parent or lock ties a task to the
// engine, so the engine may be killed at any moment and the next one adopts what runs.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "drivers/driver.h"
#include "drivers/process/container_files.h"
#include "drivers/process/image_root.h"

namespace drivers::process {

struct ProcessOptions {
  std::filesystem::path state_directory;
  FindImage find_image;
  /// How a shim is started; the container's directory is appended. Empty: "scaleout-shim" beside this program, else
  /// this program with "shim".
  std::vector<std::string> shim_command{};
  std::string bubblewrap = "bwrap";  ///< looked up in PATH; empty: no sandbox
  std::filesystem::path cgroup_root = "/sys/fs/cgroup";  ///< empty: no cgroups
  /// Real cores that stand for one vCPU, for a task's own hard CPU limit; 0: tasks have none.
  double cores_per_vcpu = 0;
  /// What tasks in a network of their own reach of this machine, at the same addresses (the engine's API).
  std::vector<Reachable> reachable{};
  Duration usage_interval{1'000};
  std::uint64_t log_limit = 16u << 20;        ///< a container's file; one older of the same size is kept
  std::uint64_t all_logs_limit = 256u << 20;  ///< of ended tasks together with running ones
};

/// What this machine lets the runtime do; for `scaleout doctor` and the engine's start.
struct Capabilities {
  bool sandbox = false;
  std::string sandbox_problem;
  std::string network_problem;  ///< why tasks can have no network of their own; empty: they can
  bool cpu_limits = false, memory_limits = false;
  std::string cgroups;  ///< "v1", "v2" or "none"
};
Capabilities probe_capabilities(const ProcessOptions& options);

class ProcessDriver final : public Driver {
 public:
  /// `clock` stamps usage and what never ran; times of containers are their shims' wall clock.
  ProcessDriver(ProcessOptions options, const Clock& clock, Sink& sink);
  /// Tasks run on.
  ~ProcessDriver() override;

  std::string_view name() const override { return "process"; }
  std::vector<Adopted> adopt() override;
  void set_node(const NodeSpec& node) override;
  void remove_node(const std::string& node_id) override;
  void start(const TaskSpec& spec) override;
  void stop(const std::string& task_id) override;
  void forget(const std::string& task_id) override;
  std::vector<LogFile> log_files(const std::string& task_id) const override;
  /// From the next start on; for an engine that learns its port late.
  void set_reachable(std::vector<Reachable> reachable);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

struct SweepReport {
  int stopped = 0;  ///< containers that ended within the grace period
  int killed = 0;
  std::vector<std::string> left;  ///< what could not be removed, for the user
};
/// Ends every task of a state directory whose engine is gone (`scaleout down`), and removes their directories and
/// cgroups; logs stay. SIGTERM, at most `grace`, SIGKILL. Blocking.
SweepReport sweep(const std::filesystem::path& state_directory, Duration grace,
                  const std::filesystem::path& cgroup_root = "/sys/fs/cgroup");

}  // namespace drivers::process

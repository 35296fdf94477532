// The cgroups of this engine's nodes, tasks and containers: `<root>/scaleout-<key>/<node>/<task>/<container>`, in v1
// hierarchies (cpu, cpuacct, memory, pids, as far as they are mounted) or in v2. Called by the process driver, whose containers
// join before they run anything (Launch::cgroup_procs), and by the docker driver, whose daemon puts containers below the task's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "drivers/driver.h"

namespace drivers {

struct ContainerCgroup {
  std::vector<std::string> procs_files;
  std::string oom_file;
};

struct ContainerUsage {
  std::uint64_t cpu_ns = 0, memory_bytes = 0;
};

class CgroupTree {
 public:
  enum class Kind { none, v1, v2 };
  /// shared: another (the Docker daemon) makes containers' cgroups below tasks', in v1 in all hierarchies that are mounted,
  /// and leaves the parents behind; they are removed with ours.
  enum class Owner { alone, shared };
  /// Finds what is mounted below `root` and can be written; none where nothing can. `key` keeps engines apart.
  static CgroupTree detect(const std::filesystem::path& root, const std::string& key, Owner owner = Owner::alone);

  Kind kind() const { return kind_; }
  bool has_cpu() const { return cpu_; }
  bool has_memory() const { return memory_; }

  /// The cores are a hard limit of the node, whatever its tasks want.
  void set_node(const NodeSpec& node);
  void remove_node(const std::string& node_id);

  /// Makes the task's cgroup with its limits. `task_cores`: its own hard limit, 0: none. Answers its path in a hierarchy.
  std::string make_task(const TaskSpec& task, double task_cores);
  /// The task's and the container's.
  ContainerCgroup make(const TaskSpec& task, const ContainerSpec& container, double task_cores);
  std::optional<ContainerUsage> usage(const TaskSpec& task, const std::string& container) const;
  /// False while something is still in it (a dying process): try again.
  bool remove_task(const TaskSpec& task);
  /// Kills what is left in it and removes all of this engine's cgroups.
  void remove_all();

 private:
  std::vector<std::filesystem::path> hierarchies() const;
  std::vector<std::filesystem::path> hierarchies_to_clean() const;
  void set_shares(const std::string& where, std::int64_t shares) const;
  void limit_memory(const std::string& where, const std::optional<MiB>& limit) const;
  std::filesystem::path in(const char* controller, const std::string& below) const;
  std::filesystem::path root_;
  std::string top_;  ///< "scaleout-<key>"
  Kind kind_ = Kind::none;
  bool cpu_ = false, cpuacct_ = false, memory_ = false, pids_ = false;
  std::vector<std::filesystem::path> others_;  ///< where another makes cgroups for us
};

/// v2's cpu.weight for v1's (and ECS's) shares, as container runtimes convert them.
std::uint64_t cpu_weight(std::int64_t shares);
struct CpuQuota {
  std::int64_t quota_us, period_us;
};
/// Short periods: a node of a fraction of a core must not stand still for most of a tenth of a second.
CpuQuota cpu_quota(double cores);

/// CPU and memory of a process and all below it, from /proc: where there is no cgroup. Of ended children only the CPU
/// that their parents collected is seen.
ContainerUsage usage_from_proc(int pid);

}  // namespace drivers

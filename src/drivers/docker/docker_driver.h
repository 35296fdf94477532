// The runtime `docker`: each container is one of the Docker daemon of this machine (or of Podman's service), by the Engine
// API on its unix socket. Made by the engine's wiring. One thread of its own; containers outlive the engine, and the next one
// finds them by their labels. A daemon that is away or hangs is waited for: nothing is done twice meanwhile.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "drivers/docker/image_files.h"
#include "drivers/driver.h"

namespace drivers::docker {

/// DOCKER_HOST, else the daemon's usual socket.
std::string default_daemon();

struct DockerOptions {
  std::filesystem::path state_directory;
  FindImage find_image;  ///< empty: the daemon has or pulls every image
  std::string daemon = default_daemon();  ///< "unix:///var/run/docker.sock"
  std::filesystem::path cgroup_root = "/sys/fs/cgroup";  ///< empty: nodes and tasks have no limits of their own
  /// Real cores that stand for one vCPU, for a task's own hard CPU limit; 0: tasks have none.
  double cores_per_vcpu = 0;
  Duration usage_interval{1'000};
  Duration look_interval{10'000};  ///< all containers are looked at this often, whatever events said
  std::uint64_t log_limit = 16u << 20;        ///< a container's file; one older of the same size is kept
  std::uint64_t all_logs_limit = 256u << 20;  ///< of ended tasks together with running ones
};

/// What the daemon lets the runtime do; for `scaleout doctor` and the engine's start.
struct Capabilities {
  std::string problem;  ///< empty: it answers
  std::string version;
  std::string cgroup_driver;  ///< cgroupfs, systemd or none
};
Capabilities probe_daemon(const std::string& daemon);

class DockerDriver final : public Driver {
 public:
  /// `clock` stamps usage and what never ran; times of containers are the daemon's.
  DockerDriver(DockerOptions options, const Clock& clock, Sink& sink);
  /// Tasks run on.
  ~DockerDriver() override;

  std::string_view name() const override { return "docker"; }
  std::vector<Adopted> adopt() override;
  void set_node(const NodeSpec& node) override;
  void remove_node(const std::string& node_id) override;
  void start(const TaskSpec& spec) override;
  void stop(const std::string& task_id) override;
  void forget(const std::string& task_id) override;
  std::vector<LogFile> log_files(const std::string& task_id) const override;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

/// The name that a task's container has in the daemon.
std::string container_name_of(const std::filesystem::path& state_directory, const std::string& task_id, const std::string& container);

/// Ends and removes every container of a state directory whose engine is gone (`scaleout down`); logs stay. SIGTERM, at most
/// `grace`, SIGKILL. Blocking. The error tells what is left. Does nothing where no docker runtime has been.
Result<void> sweep(const std::filesystem::path& state_directory, Duration grace,
                   const std::filesystem::path& cgroup_root = "/sys/fs/cgroup");

/// SIGKILL to a task's containers, as a crash would end them; how many there were. Blocking. For those who test or show faults.
Result<int> kill_task(const std::filesystem::path& state_directory, const std::string& task_id);

}  // namespace drivers::docker

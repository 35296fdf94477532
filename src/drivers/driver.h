// The contract of a runtime: it runs tasks. The engine calls it from the owner thread; calls return at once and outcomes
// arrive as events. One conformance test (conformance_test) holds for every implementation.
//
// What always holds:
//  - start() of a task that is already known is a no-op: the engine may repeat any command after a crash.
//  - Every started container ends in exactly one ContainerExited, also when its start failed or the machine was rebooted.
//  - A restart (RestartPolicy) is no end: it is told by ContainerRestarted, and the container's health is unknown again.
//  - A task outlives the engine. After a restart adopt() reports what runs and what ended meanwhile, with exit codes.
//  - No signal ever goes to a process that is not the task's own (pidfd, start time and boot id are checked).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/units.h"

namespace drivers {

struct PortBinding {
  int container_port = 0;
  std::string host_ip;  ///< the node's own address, or the task's own (awsvpc)
  int host_port = 0;    ///< already chosen by the engine, never 0
  std::string protocol = "tcp";
};

struct HealthCheck {
  std::vector<std::string> command;  ///< as ECS has it: {"CMD", ...} or {"CMD-SHELL", line}
  Duration interval{30'000}, timeout{5'000}, start_period{0};
  int retries = 3;
};

struct Dependency {
  std::string container;
  std::string condition;  ///< START, COMPLETE, SUCCESS or HEALTHY
};

/// A container that ends by itself is started again by the runtime, with its files, and the task goes on (restart.h).
struct RestartPolicy {
  Duration period{300'000};  ///< it must have run for this long
  std::vector<int> ignored_exit_codes;
};

struct Ulimit {
  std::string name;  ///< as ECS has it: "nofile"…
  std::int64_t soft = 0, hard = 0;
};

struct Mount {
  std::string source;  ///< an absolute path of this machine, else the name of a volume that the runtime makes and keeps
  std::string path;    ///< in the container
  bool read_only = false;
};

/// Volumes whose name begins so are the task's own and go with it.
inline std::string task_volume_prefix(const std::string& task_id) { return "ecs-" + task_id + "-"; }

struct ContainerSpec {
  std::string name;
  std::string image;  ///< as the task definition names it, for messages
  std::string manifest_digest;  ///< "sha256:…" when the engine has resolved it, else empty
  std::vector<std::string> entry_point, command;  ///< empty: the image's own
  std::map<std::string, std::string> environment;
  std::string working_directory, user;
  bool essential = true;
  bool read_only_root = false;
  bool init_process = false;        ///< a small init reaps children and hands signals on (initProcessEnabled)
  std::vector<Ulimit> ulimits;
  std::vector<Mount> mounts;
  std::map<std::string, std::string> labels;
  CpuUnits cpu;                     ///< shares; 0: none given
  std::optional<MiB> memory;        ///< hard limit: killed above it
  std::optional<MiB> memory_reservation;
  std::vector<PortBinding> ports;
  std::vector<Dependency> depends_on;
  std::vector<std::string> links;  ///< "container" or "container:alias": reached by that name; depends on it with START
  std::optional<RestartPolicy> restart;
  std::optional<HealthCheck> health_check;
  Duration stop_timeout{30'000};    ///< SIGTERM to SIGKILL
  Duration start_timeout{180'000};
};

struct TaskSpec {
  std::string task_id;    ///< 32 hex digits, unique for ever
  std::string task_arn;
  std::string node_id;    ///< names the cgroup parent, e.g. "i-0123456789abcdef0"
  std::string node_address;
  CpuUnits cpu;                 ///< task-level limit; 0: none
  std::optional<MiB> memory;    ///< task-level limit
  std::string network_mode = "bridge";
  std::vector<ContainerSpec> containers;
};

/// What a node may use, for its cgroup: share of real cores and memory.
struct NodeSpec {
  std::string node_id;
  std::string address;
  double cores = 0;  ///< real cores, vCPUs times --cores-per-vcpu
  MiB memory;
};

struct ContainerPulled {  ///< image found and unpacked
  std::string task_id, container, image_digest;
  Instant started_at, stopped_at;
};
struct ContainerStarted {
  std::string task_id, container, runtime_id;
  Instant at;
  std::string address{};  ///< in a network of its own; empty: it shares this machine's
};
struct ContainerRestarted {
  std::string task_id, container;
  int count = 0;  ///< of its restarts so far
  Instant at;
};
struct ContainerExited {
  std::string task_id, container;
  std::optional<int> exit_code;  ///< empty: it never ran (see reason)
  std::string reason;            ///< "" or "<ErrorName>: text" as the ECS agent writes it (OutOfMemoryError, CannotPullContainerError…)
  Instant at;
};
struct ContainerHealthChanged {
  std::string task_id, container;
  std::string status;  ///< HEALTHY or UNHEALTHY
  Instant at;
};
struct Usage {  ///< each second for each running container
  std::string task_id, container, node_id;
  Instant at;
  std::uint64_t cpu_ns = 0;        ///< since the container started
  std::uint64_t memory_bytes = 0;  ///< working set
  std::uint64_t network_rx_bytes = 0, network_tx_bytes = 0;  ///< 0 where the runtime cannot tell
};
using Event = std::variant<ContainerPulled, ContainerStarted, ContainerRestarted, ContainerExited, ContainerHealthChanged, Usage>;

/// A container's stdout and stderr, in the format of log_line.h, which also says how the file is bounded. Read by whoever
/// feeds the Logs API.
struct LogFile {
  std::string task_id, container, path;
};

/// A task found at start.
struct Adopted {
  TaskSpec spec;
  std::vector<Event> history;  ///< Started, the last Restarted, and Exited of each of its containers so far
};

/// Called on the driver's thread; must only hand the event over.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void on_event(Event event) = 0;
};

class Driver {
 public:
  virtual ~Driver() = default;
  virtual std::string_view name() const = 0;

  /// Everything of this state directory that runs or has ended and was not forgotten. Blocking; once, before any command.
  virtual std::vector<Adopted> adopt() = 0;
  /// Makes or changes a node's limits; remove_node after its last task ended.
  virtual void set_node(const NodeSpec& node) = 0;
  virtual void remove_node(const std::string& node_id) = 0;

  virtual void start(const TaskSpec& spec) = 0;
  /// SIGTERM, each container's stop_timeout, SIGKILL; in reverse order of dependencies. Repeating it is harmless.
  virtual void stop(const std::string& task_id) = 0;
  /// The engine has stored the task's end: its directory (overlay, status; logs kept until bounded away) may go.
  virtual void forget(const std::string& task_id) = 0;
  /// Where a task's output is.
  virtual std::vector<LogFile> log_files(const std::string& task_id) const = 0;
};

}  // namespace drivers

// The two files through which the driver and a container's shim talk, so that either may die: `launch` (driver to shim,
// once) and `status` (shim to driver, replaced whole each time). Used by both, so nothing here needs more than libc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drivers::process {

inline constexpr const char* kLaunchFile = "launch";
inline constexpr const char* kStatusFile = "status";
/// flock held by the shim (inherited from the driver at the spawn): held means alive, whatever pids say.
inline constexpr const char* kLockFile = "lock";
/// The descriptor at which the shim inherits the lock.
inline constexpr int kLockDescriptor = 3;

struct Bind {
  std::string source;  ///< of this machine
  std::string path;    ///< in the container
  bool read_only = false;
  bool operator==(const Bind&) const = default;
};

/// A port of the machine that leads to one of the container's (TCP).
struct PortForward {
  std::string host_ip;
  int host_port = 0, port = 0;
  bool operator==(const PortForward&) const = default;
};

/// A port of this machine that a task reaches at the same address from inside a network of its own.
struct Reachable {
  std::string address;
  int port = 0;
  bool operator==(const Reachable&) const = default;
};

/// For `Launch::network`.
inline constexpr const char* kOwnNetwork = "own";

/// All the shim needs to know. Durations in milliseconds.
struct Launch {
  std::string lower;  ///< the image's unpacked root
  std::vector<std::string> arguments, environment;  ///< "KEY=value"
  std::string working_directory, user;
  bool read_only_root = false, sandbox = true, no_network = false;
  std::string network;  ///< empty: the machine's; kOwnNetwork; else the file by which a task's containers share one
  std::vector<PortForward> forwards;
  std::vector<Reachable> reachable;
  std::vector<Bind> binds;
  std::vector<std::string> ulimits;  ///< "nofile 1024 4096"; -1: none
  std::string bubblewrap;
  std::vector<std::string> cgroup_procs;  ///< files the container writes its pid to before it starts
  std::string oom_file;                   ///< has a line "oom_kill N"
  std::string log_file;
  std::uint64_t log_limit = 16u << 20;    ///< then it becomes log_file.1
  std::uint64_t stop_timeout = 30'000;
  std::vector<std::string> health_command;  ///< resolved: no CMD or CMD-SHELL any more
  std::uint64_t health_interval = 30'000, health_timeout = 5'000, health_start_period = 0;
  int health_retries = 3;
  bool restart = false;                       ///< started again when it ends (restart.h)
  std::uint64_t restart_period = 300'000;
  std::vector<int> restart_ignored;           ///< exit codes
};

struct Status {
  int shim_pid = 0;
  std::uint64_t shim_start = 0;  ///< start time in clock ticks since boot: with the boot id, a pid's identity
  std::string boot_id;
  std::int64_t started_ms = 0;  ///< the container's process exists
  int init_pid = 0;             ///< of the pid namespace (or the process itself without one), as seen from outside
  std::uint64_t init_start = 0;
  int restarts = 0;
  std::int64_t restarted_ms = 0;  ///< the last time
  std::string health;           ///< "", HEALTHY or UNHEALTHY
  std::int64_t health_ms = 0;
  std::int64_t exited_ms = 0;
  std::optional<int> exit_code;  ///< none: it never ran
  bool out_of_memory = false;
  std::string reason;
  bool operator==(const Status&) const = default;
};

std::string encode(const Launch& launch);
Launch decode_launch(std::string_view bytes);
std::string encode(const Status& status);
Status decode_status(std::string_view text);

std::int64_t wall_clock_ms();

}  // namespace drivers::process

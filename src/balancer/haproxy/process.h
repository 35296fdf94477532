// HAProxy as a process that outlives us: starting it, finding the one an earlier engine started, seeing it end. The
// supervisor calls this.
//
// What always holds: a process is ours only if its command line names our configuration file, and it is signalled only
// through its pidfd.
#pragma once

#include <csignal>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace balancer {

/// A pidfd: readable once the process ended. Movable, closes itself.
class ProcessHandle {
 public:
  ProcessHandle() = default;
  ProcessHandle(int pid, int fd) : pid_(pid), fd_(fd) {}
  ProcessHandle(ProcessHandle&& other) noexcept;
  ProcessHandle& operator=(ProcessHandle&& other) noexcept;
  ~ProcessHandle();

  explicit operator bool() const { return fd_ >= 0; }
  int pid() const { return pid_; }
  int fd() const { return fd_; }
  bool ended() const;
  void signal(int number) const;
  bool wait_for_end(Duration timeout) const;
  void reset();

 private:
  int pid_ = 0, fd_ = -1;
};

/// A setting of HAProxy's memory pools: what does not fit the thread's 512 KiB of spare objects is kept in a list
/// instead of given to free(), which at 64 connections costs a sixth of a request. (Not a debugging mode, in spite of
/// its letter.)
inline constexpr const char* kPoolOption = "-dMglobal,no-tag";
/// Each request's buffer is copied for the case that its target dies. glibc copies 16 KiB by `rep movsb`, which takes 6
/// us instead of 0.2 on some processors where the two buffers are 16 bytes apart modulo a page: as neighbours of
/// malloc's are.
inline constexpr const char* kCopyTunable = "GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=1048576";

struct HaproxyCommand {
  std::string program, config_path, master_socket, output_path;
};

/// Starts the master in a session of its own, with its output appended to a file.
Result<ProcessHandle> start_haproxy(const HaproxyCommand& command);
/// Masters and workers that run with this configuration file; masters are those whose parent is not among them.
struct Found {
  std::vector<int> masters, workers;
};
Found find_haproxy(const std::string& config_path);
/// 0 when it is gone.
int parent_of(int pid);
/// Checks the command line again after opening, so that a reused pid is not taken for ours.
ProcessHandle open_haproxy(int pid, const std::string& config_path);
/// What `haproxy -c` has against a configuration, or nothing.
Result<void> check_config(const std::string& program, const std::string& config_path);
using TryPort = std::function<std::string(int port, bool& access)>;
/// The declared port, or that + 8000 where only a privilege is missing; 0 and the error if neither can be had.
int choose_port(int declared, const TryPort& try_port, std::string& error);
/// "" if the address could be bound now; else why not. `access` is set when it is a matter of privilege.
std::string try_bind(const std::string& address, int port, bool& access);

}  // namespace balancer

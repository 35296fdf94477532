// Which process is meant: a pid alone may be a stranger's by now. Used by the driver and the shim.
// A signal is only ever sent through a pidfd that was checked after it was opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace drivers {

/// Changes with every boot of the machine.
std::string boot_id();
/// Field 22 of /proc/<pid>/stat; nothing if there is no such process, or only its zombie.
std::optional<std::uint64_t> process_start_time(int pid);
/// The direct children of a process.
std::vector<int> children_of(int pid);

/// Owns a pidfd. Empty if the process is gone or is another one than `start_time` says, or if that cannot be told.
class ProcessHandle {
 public:
  ProcessHandle() = default;
  static ProcessHandle open(int pid, std::uint64_t start_time);
  ProcessHandle(ProcessHandle&& other) noexcept;
  ProcessHandle& operator=(ProcessHandle&& other) noexcept;
  ~ProcessHandle();
  explicit operator bool() const { return fd_ >= 0; }
  /// Empty for want of descriptors or memory: the process may well live.
  bool unknown() const { return unknown_; }
  /// Readable when the process has ended.
  int fd() const { return fd_; }
  bool signal(int number) const;
  /// Waits for its end; false after the time.
  bool wait(int milliseconds) const;

 private:
  ProcessHandle(int fd, bool unknown) : fd_(fd), unknown_(unknown) {}
  int fd_ = -1;
  bool unknown_ = false;
};

}  // namespace drivers

#include "drivers/process_identity.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "drivers/files.h"

namespace drivers {

std::string boot_id() {
  std::string id = read_whole("/proc/sys/kernel/random/boot_id").value_or("");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

std::optional<std::uint64_t> process_start_time(int pid) {
  const auto stat = read_whole("/proc/" + std::to_string(pid) + "/stat");
  if (!stat) return std::nullopt;
  // The name in parentheses may hold anything, also spaces and parentheses: count fields from its end.
  std::size_t at = stat->rfind(')');
  if (at == std::string::npos || at + 2 >= stat->size()) return std::nullopt;
  if ((*stat)[at + 2] == 'Z') return std::nullopt;
  for (int field = 2; field < 22; ++field) {
    at = stat->find(' ', at + 1);
    if (at == std::string::npos) return std::nullopt;
  }
  return std::strtoull(stat->c_str() + at + 1, nullptr, 10);
}

std::vector<int> children_of(int pid) {
  const std::string id = std::to_string(pid);
  std::vector<int> children;
  const std::string text = read_whole("/proc/" + id + "/task/" + id + "/children").value_or("");
  const char* at = text.c_str();
  for (;;) {
    char* end = nullptr;
    const long child = std::strtol(at, &end, 10);
    if (end == at) return children;
    children.push_back(static_cast<int>(child));
    at = end;
  }
}

ProcessHandle ProcessHandle::open(int pid, std::uint64_t start_time) {
  if (pid <= 0) return {};
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return {-1, errno == EMFILE || errno == ENFILE || errno == ENOMEM};
  ProcessHandle handle(fd, false);
  // Checked after opening: from here on the descriptor means this process, whoever gets the number later.
  const auto found = process_start_time(pid);
  if (found == start_time) return handle;
  return {-1, !found && !handle.wait(0)};  // it lives, but its start time cannot be read
}

ProcessHandle::ProcessHandle(ProcessHandle&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), unknown_(std::exchange(other.unknown_, false)) {}
ProcessHandle& ProcessHandle::operator=(ProcessHandle&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(unknown_, other.unknown_);
  return *this;
}
ProcessHandle::~ProcessHandle() {
  if (fd_ >= 0) ::close(fd_);
}

bool ProcessHandle::signal(int number) const {
  return fd_ >= 0 && ::syscall(SYS_pidfd_send_signal, fd_, number, nullptr, 0) == 0;
}

bool ProcessHandle::wait(int milliseconds) const {
  pollfd poller{fd_, POLLIN, 0};
  int ready = 0;
  do ready = ::poll(&poller, 1, milliseconds);
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace drivers

#include "state/directory_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace state {

namespace {
constexpr std::string_view kInUse = "in use";
// An engine that was killed may be ending still, and a program it was just starting has its descriptors until it executes.
constexpr int kPatienceMs = 500, kPauseMs = 5;

/// flock, given a moment. errno says why not.
bool lock_exclusively(int descriptor) {
  for (int waited = 0; ::flock(descriptor, LOCK_EX | LOCK_NB) != 0; waited += kPauseMs) {
    if (errno != EWOULDBLOCK || waited >= kPatienceMs) return false;
    ::poll(nullptr, 0, kPauseMs);
  }
  return true;
}

std::string read_all(int descriptor) {
  char text[128];
  const ssize_t length = ::pread(descriptor, text, sizeof text, 0);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string();
}

tl::unexpected<Error> unusable(const std::filesystem::path& what, std::string_view reason) {
  return fail("StateUnusable", fmt::format("cannot use the state directory: {}: {}", what.string(), reason));
}
}  // namespace

Result<std::unique_ptr<DirectoryLock>> DirectoryLock::acquire(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return unusable(directory, error.message());
  const std::filesystem::path file = directory / "lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return unusable(file, std::strerror(errno));
  if (!lock_exclusively(descriptor)) {
    const int cause = errno;
    const std::string text = read_all(descriptor);
    ::close(descriptor);
    if (cause != EWOULDBLOCK) return unusable(file, std::strerror(cause));
    return fail("StateLocked", fmt::format("another engine (pid {}) uses the state directory {}; stop it, or choose "
                                           "another directory with --state",
                                           text.substr(0, text.find('\n')), directory.string()));
  }
  const bool in_use_before = read_all(descriptor).find(kInUse) != std::string::npos;
  std::unique_ptr<DirectoryLock> lock(new DirectoryLock(descriptor, in_use_before));
  // The pid first, so that a second engine can name it while this one still opens.
  const std::string text = fmt::format("{}\n{}", ::getpid(), in_use_before ? std::string(kInUse) + "\n" : "");
  if (::pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())) {
    if (::ftruncate(descriptor, static_cast<off_t>(text.size())) != 0) return unusable(file, std::strerror(errno));
  }
  return lock;
}

DirectoryLock::~DirectoryLock() { ::close(descriptor_); }

Result<void> DirectoryLock::mark_in_use() {
  if (in_use_before_) return {};
  const std::string text = fmt::format("{}\n{}\n", ::getpid(), kInUse);
  if (::pwrite(descriptor_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return fail("StateUnusable", fmt::format("cannot write the state directory's lock file: {}", std::strerror(errno)));
  }
  in_use_before_ = true;
  return {};
}

}  // namespace state

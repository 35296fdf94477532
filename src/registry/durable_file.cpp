#include "registry/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace registry {

Error system_error(std::string what, int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  return Error{full ? "DiskFull" : "FileError", fmt::format("{}: {}", what, std::strerror(error_number))};
}

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return tl::unexpected(system_error("cannot write", errno));
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return tl::unexpected(system_error("cannot open " + directory.string(), errno));
  const int failed = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (failed != 0) return tl::unexpected(system_error("cannot sync " + directory.string(), failed));
  return {};
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view bytes) {
  std::string temporary = path.string() + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return tl::unexpected(system_error("cannot write " + path.string(), errno));
  Result<void> done = write_all(fd, bytes);
  if (done && ::fsync(fd) != 0) done = tl::unexpected(system_error("cannot sync " + temporary, errno));
  ::close(fd);
  if (done && ::rename(temporary.c_str(), path.c_str()) != 0)
    done = tl::unexpected(system_error("cannot write " + path.string(), errno));
  if (!done) {
    ::unlink(temporary.c_str());
    return done;
  }
  return sync_directory(path.parent_path());
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return tl::unexpected(system_error("cannot read " + path.string(), errno));
  std::string bytes;
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 || bytes.size() + static_cast<std::size_t>(n) > limit) {
      const int failed = n < 0 ? errno : EFBIG;
      ::close(fd);
      return tl::unexpected(system_error("cannot read " + path.string(), failed));
    }
    if (n == 0) break;
    bytes.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return bytes;
}

Result<FileLock> FileLock::acquire(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return tl::unexpected(system_error("cannot open " + path.string(), errno));
  while (::flock(fd, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    const int failed = errno;
    ::close(fd);
    return tl::unexpected(system_error("cannot lock " + path.string(), failed));
  }
  return FileLock(fd);
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace registry

// Files that are either wholly there or not at all, also after a crash. Used within this room.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace registry {

Error system_error(std::string what, int error_number);
Result<void> write_all(int fd, std::string_view bytes);
/// fsync of a directory: makes a rename in it durable.
Result<void> sync_directory(const std::filesystem::path& directory);
/// Written aside, synced, renamed over `path`, directory synced.
Result<void> replace_file(const std::filesystem::path& path, std::string_view bytes);
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);

/// Held while it lives; other processes and threads wait for it.
class FileLock {
 public:
  static Result<FileLock> acquire(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace registry

// One engine for each state directory. Used by Store::open.
//
// The lock is a flock on <directory>/lock, so it ends with its process, however that ends. The file also holds the
// owner's pid, and whether a database was made here: one that is missing later is a loss, not a beginning.
#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"

namespace state {

class DirectoryLock {
 public:
  /// Makes the directory. Error code StateLocked names the pid that holds it.
  static Result<std::unique_ptr<DirectoryLock>> acquire(const std::filesystem::path& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

  bool in_use_before() const { return in_use_before_; }
  /// Writes this process's pid and that the directory holds a database.
  Result<void> mark_in_use();

 private:
  DirectoryLock(int descriptor, bool in_use_before) : descriptor_(descriptor), in_use_before_(in_use_before) {}
  int descriptor_;
  bool in_use_before_;
};

}  // namespace state

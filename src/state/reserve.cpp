#include "state/reserve.h"

#include <fcntl.h>
#include <unistd.h>

namespace state {

bool Reserve::take() {
  if (held_) return true;
  std::error_code error;
  const auto size = std::filesystem::file_size(file_, error);
  if (!error && size == bytes_) return held_ = true;  // of an earlier run
  const auto space = std::filesystem::space(file_.parent_path(), error);
  if (error || space.available < 2 * bytes_) return false;
  const int descriptor = ::open(file_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return false;
  held_ = posix_fallocate(descriptor, 0, static_cast<off_t>(bytes_)) == 0;
  ::close(descriptor);
  if (!held_) std::filesystem::remove(file_, error);
  return held_;
}

void Reserve::release() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
  held_ = false;
}

}  // namespace state

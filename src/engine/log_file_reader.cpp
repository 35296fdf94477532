#include "engine/log_file_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "drivers/log_line.h"

namespace engine {

namespace {
// CloudWatch's longest event; what is longer is cut into several.
constexpr std::size_t kMessageMax = 256 * 1024 - 26;
// A line of the file is bounded by its writer; without an end within this many bytes it is damaged and skipped.
constexpr std::size_t kLineMax = 64 * 1024;
}  // namespace

LogFileReader::File LogFileReader::look(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_ino, static_cast<std::uint64_t>(status.st_size), true};
}

std::size_t LogFileReader::read(std::size_t bytes_max, const Take& take) {
  const File current = look(path_);
  const bool at_current = current.exists && inode_ == current.inode;
  if (at_current && current.size == offset_) return 0;
  std::size_t bytes = 0;
  if (!at_current) {
    // Begun anew since (or never read): the older file first, from where we were if it is ours, to its end.
    const std::string older = path_ + ".1";
    const File before = look(older);
    if (before.exists) {
      if (inode_ != before.inode) {
        inode_ = before.inode;
        offset_ = 0;
      }
      bytes = read_from(older, before, bytes_max, take);
      if (bytes > 0) return bytes;
    }
    if (!current.exists) return 0;
    inode_ = current.inode;
    offset_ = 0;
  }
  return read_from(path_, current, bytes_max, take);
}

std::size_t LogFileReader::read_from(const std::string& path, const File& file, std::size_t bytes_max, const Take& take) {
  offset_ = std::min(offset_, file.size);  // a full disk takes back what was written by half
  if (offset_ == file.size) return 0;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  std::vector<char> buffer(std::max(std::min<std::uint64_t>(bytes_max, file.size - offset_), std::uint64_t{1}));
  if (buffer.size() < kLineMax) buffer.resize(std::min<std::uint64_t>(kLineMax, file.size - offset_));
  struct stat opened {};
  const bool same = ::fstat(fd, &opened) == 0 && opened.st_ino == file.inode;  // it may have been renamed since
  const ssize_t count = same ? ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset_)) : 0;
  ::close(fd);
  if (count <= 0) return 0;
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
  const std::size_t last = bytes.rfind('\n');
  std::size_t used = last == std::string_view::npos ? 0 : last + 1;
  for (std::size_t begin = 0; begin < used;) {
    const std::size_t end = bytes.find('\n', begin);
    take_line(bytes.substr(begin, end - begin), take);
    begin = end + 1;
  }
  if (used == 0 && bytes.size() >= kLineMax) used = bytes.size();
  offset_ += used;
  return used;
}

void LogFileReader::take_line(std::string_view line, const Take& take) {
  const auto parsed = drivers::parse_log_line(line);
  if (!parsed) return;
  std::string& parts = parts_[parsed->is_stderr ? 1 : 0];
  for (std::string_view text = parsed->text;;) {
    const std::size_t room = kMessageMax - parts.size();
    parts.append(text.substr(0, room));
    if (text.size() <= room) break;
    text.remove_prefix(room);
    take(parsed->at, std::exchange(parts, {}));
  }
  if (!parsed->partial) take(parsed->at, std::exchange(parts, {}));
}

}  // namespace engine

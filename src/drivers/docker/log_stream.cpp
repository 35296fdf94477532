#include "drivers/docker/log_stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "drivers/log_line.h"

namespace drivers::docker {

namespace {
constexpr std::size_t kHeader = 8;         // stream, 0, 0, 0, length (big endian)
constexpr std::size_t kStamp = 24;         // "2026-11-23T16:50:31.123Z"
constexpr std::size_t kTail = 1024 * 1024;  // more lines of one millisecond than that hold no one writes

std::string tail_of(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const off_t size = ::lseek(fd, 0, SEEK_END);
  std::string bytes(static_cast<std::size_t>(std::min<off_t>(size, kTail)), '\0');
  const ssize_t n = ::pread(fd, bytes.data(), bytes.size(), size - static_cast<off_t>(bytes.size()));
  ::close(fd);
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

struct LastLines {
  std::string stamp;
  std::int64_t ms = 0;
  std::size_t count = 0;
};

/// The newest time in the file and how many lines have it.
LastLines last_lines(const std::string& tail) {
  LastLines last;
  for (std::size_t end = tail.rfind('\n'); end != std::string::npos && end > 0;) {
    const std::size_t before = tail.rfind('\n', end - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    const auto line = parse_log_line(std::string_view(tail).substr(begin, end - begin));
    end = before;
    if (!line || line->text.starts_with("[scaleout] ")) continue;  // a note of ours, not the container's
    const std::string stamp = tail.substr(begin, kStamp);
    if (last.stamp.empty()) last = {stamp, to_ms(line->at), 0};
    if (stamp != last.stamp) break;
    ++last.count;
  }
  return last;
}
}  // namespace

LogStream::LogStream(const std::string& path, std::uint64_t limit) : writer_(path, limit) {
  LastLines last = last_lines(tail_of(path));
  if (last.stamp.empty()) last = last_lines(tail_of(path + ".1"));
  if (last.stamp.empty()) return;
  last_stamp_ = last.stamp;
  known_ = last.count;
  since_ = fmt::format("since={}.{:03}000000", last.ms / 1000, last.ms % 1000);
}

void LogStream::take(std::string_view bytes) {
  pending_.append(bytes);
  std::size_t at = 0;
  while (pending_.size() - at >= kHeader) {
    const auto byte = [&](std::size_t index) { return static_cast<std::size_t>(static_cast<unsigned char>(pending_[at + index])); };
    const std::size_t length = byte(4) << 24 | byte(5) << 16 | byte(6) << 8 | byte(7);
    if (pending_.size() - at - kHeader < length) break;
    take_frame(byte(0) == 2, std::string_view(pending_).substr(at + kHeader, length));
    at += kHeader + length;
  }
  pending_.erase(0, at);
  if (!out_.empty()) writer_.write(out_, stamp_);
  out_.clear();
}

void LogStream::take_frame(bool is_stderr, std::string_view payload) {
  // "2026-11-23T16:50:31.123456789Z text\n"; without the newline it goes on in the next frame of its stream.
  const std::size_t space = payload.find(' ');
  if (space == std::string_view::npos || space < kStamp || payload[19] != '.') return;
  stamp_.assign(payload.substr(0, kStamp - 1)).append("Z ");
  payload.remove_prefix(space + 1);
  if (known_ > 0 && stamp_.compare(0, kStamp, last_stamp_) == 0) {
    --known_;
    return;
  }
  const bool whole = payload.ends_with('\n');
  if (whole) payload.remove_suffix(1);
  std::string_view rest = payload;
  // A frame may hold newlines of its own nowhere else; a line of the file must not.
  for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1))
    append_log_line(out_, stamp_, is_stderr ? "stderr" : "stdout", 'F', rest.substr(0, end));
  append_log_line(out_, stamp_, is_stderr ? "stderr" : "stdout", whole ? 'F' : 'P', rest);
}

}  // namespace drivers::docker

#include "drivers/process/shim/output_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "drivers/process/container_files.h"

namespace drivers::process {
namespace {
constexpr std::size_t kLongestLine = 16 * 1024;  // longer ones are cut into P pieces, as container runtimes do

std::string time_stamp() {
  const std::int64_t ms = wall_clock_ms();
  const time_t whole = static_cast<time_t>(ms / 1000);
  tm utc{};
  ::gmtime_r(&whole, &utc);
  char text[80];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ ", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(ms % 1000));
  return text;
}
}  // namespace

OutputLog::OutputLog(std::string path, std::uint64_t limit) : path_(std::move(path)), limit_(limit) { open_file(); }

OutputLog::~OutputLog() {
  if (fd_ >= 0) ::close(fd_);
}

void OutputLog::open_file() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  struct stat facts{};
  size_ = fd_ >= 0 && ::fstat(fd_, &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
}

bool OutputLog::pump(int fd, bool is_stderr) {
  char buffer[16 * 1024];
  // At most a few buffers at a time: a talkative container must not keep the shim from its signals.
  for (int round = 0; round < 4; ++round) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n > 0) {
      take(streams_[is_stderr], {buffer, static_cast<std::size_t>(n)});
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    flush();
    return n < 0 && errno == EAGAIN;
  }
  flush();
  return true;
}

void OutputLog::take(Stream& stream, std::string_view bytes) {
  if (stamp_.empty()) stamp_ = time_stamp();
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end != std::string_view::npos && stream.pending.size() + end <= kLongestLine) {
      stream.pending.append(bytes.substr(0, end));
      append_line(stream.name, 'F', stream.pending);
      stream.pending.clear();
      bytes.remove_prefix(end + 1);
      continue;
    }
    const std::size_t room = kLongestLine - stream.pending.size();
    stream.pending.append(bytes.substr(0, room));
    bytes.remove_prefix(std::min(room, bytes.size()));
    if (stream.pending.size() < kLongestLine) continue;
    append_line(stream.name, 'P', stream.pending);
    stream.pending.clear();
  }
}

void OutputLog::append_line(const char* stream, char flag, std::string_view text) {
  out_.append(stamp_).append(stream).append(1, ' ').append(1, flag).append(1, ' ').append(text).append(1, '\n');
}

void OutputLog::note(std::string_view text) {
  if (stamp_.empty()) stamp_ = time_stamp();
  append_line("stderr", 'F', std::string("[scaleout] ").append(text));
  flush();
}

void OutputLog::flush() {
  if (out_.empty()) {
    stamp_.clear();
    return;
  }
  if (lost_ > 0) {
    std::string told = stamp_ + "stderr F [scaleout] " + std::to_string(lost_) + " bytes of output were lost: the disk was full\n";
    out_.insert(0, told);
  }
  stamp_.clear();
  if (size_ + out_.size() > limit_ && size_ > 0) {
    ::rename(path_.c_str(), (path_ + ".1").c_str());
    open_file();
  }
  if (fd_ < 0) open_file();
  const ssize_t n = fd_ < 0 ? -1 : ::write(fd_, out_.data(), out_.size());
  // A full disk loses log lines, never the task: it must not block on its output.
  if (n == static_cast<ssize_t>(out_.size())) {
    lost_ = 0;
    size_ += out_.size();
  } else {
    if (n > 0) {
      // Half a batch would leave half a line: take it back.
      if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) size_ += static_cast<std::uint64_t>(n);
    }
    lost_ += out_.size();
  }
  out_.clear();
  if (out_.capacity() > 64 * 1024) out_.shrink_to_fit();
}

void OutputLog::finish() {
  for (Stream& stream : streams_) {
    if (stream.pending.empty()) continue;
    if (stamp_.empty()) stamp_ = time_stamp();
    append_line(stream.name, 'F', stream.pending);
    stream.pending.clear();
  }
  flush();
}

}  // namespace drivers::process

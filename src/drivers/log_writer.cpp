#include "drivers/log_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

namespace drivers {

std::string log_time_stamp(std::int64_t wall_ms) {
  const time_t whole = static_cast<time_t>(wall_ms / 1000);
  tm utc{};
  ::gmtime_r(&whole, &utc);
  char text[80];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ ", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(wall_ms % 1000));
  return text;
}

void append_log_line(std::string& out, std::string_view stamp, std::string_view stream, char flag, std::string_view text) {
  out.append(stamp).append(stream).append(1, ' ').append(1, flag).append(1, ' ').append(text).append(1, '\n');
}

LogWriter::LogWriter(std::string path, std::uint64_t limit) : path_(std::move(path)), limit_(limit) { open_file(); }

LogWriter::~LogWriter() {
  if (fd_ >= 0) ::close(fd_);
}

void LogWriter::open_file() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  struct stat facts{};
  size_ = fd_ >= 0 && ::fstat(fd_, &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
}

void LogWriter::write(std::string_view lines, std::string_view stamp) {
  std::string told;
  if (lost_ > 0) {
    append_log_line(told, stamp, "stderr", 'F', "[scaleout] " + std::to_string(lost_) + " bytes of output were lost: the disk was full");
    lines = told.append(lines);
  }
  if (size_ + lines.size() > limit_ && size_ > 0) {
    ::rename(path_.c_str(), (path_ + ".1").c_str());
    open_file();
  }
  if (fd_ < 0) open_file();
  const ssize_t n = fd_ < 0 ? -1 : ::write(fd_, lines.data(), lines.size());
  // A full disk loses log lines, never the task: it must not block on its output.
  if (n == static_cast<ssize_t>(lines.size())) {
    lost_ = 0;
    size_ += lines.size();
  } else {
    if (n > 0) {
      // Half a batch would leave half a line: take it back.
      if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) size_ += static_cast<std::uint64_t>(n);
    }
    lost_ += lines.size();
  }
}

}  // namespace drivers

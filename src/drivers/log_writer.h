// Writes one container's log file in the format of log_line.h, bounded as said there. A full disk loses lines, and says how
// many bytes, but never blocks. Used by the process runtime's shim and the docker runtime: nothing here needs more than libc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace drivers {

/// "2026-11-23T16:50:31.123Z "
std::string log_time_stamp(std::int64_t wall_ms);
/// flag: F, or P when the line goes on in the next one of its stream.
void append_log_line(std::string& out, std::string_view stamp, std::string_view stream, char flag, std::string_view text);

class LogWriter {
 public:
  LogWriter(std::string path, std::uint64_t limit);
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Whole lines, all or none of them; the stamp is for a line that tells what was lost before.
  void write(std::string_view lines, std::string_view stamp);

 private:
  void open_file();
  std::string path_;
  std::uint64_t limit_, size_ = 0, lost_ = 0;
  int fd_ = -1;
};

}  // namespace drivers

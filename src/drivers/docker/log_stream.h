// A container's output from the daemon's log stream into its log file (log_line.h). Owned by the docker driver.
// The daemon keeps a bounded log of its own, so output of a time without engine is fetched later: the file's last lines say
// from where, and lines of that very millisecond are not written twice.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "drivers/log_writer.h"

namespace drivers::docker {

class LogStream {
 public:
  LogStream(const std::string& path, std::uint64_t limit);

  /// "since=…" for the logs call; empty: from the beginning.
  const std::string& since() const { return since_; }
  /// Bytes of the daemon's framed stream, with timestamps.
  void take(std::string_view bytes);

 private:
  void take_frame(bool is_stderr, std::string_view payload);
  LogWriter writer_;
  std::string since_, last_stamp_;
  std::size_t known_ = 0;  ///< lines of last_stamp_ that the file has
  std::string pending_, out_, stamp_;
};

}  // namespace drivers::docker

// A container's output: lines from its two pipes into one bounded file (log_writer.h), each with its time and stream. Owned
// by the shim, so a task goes on writing whether the engine runs or not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "drivers/log_writer.h"

namespace drivers::process {

class OutputLog {
 public:
  OutputLog(std::string path, std::uint64_t limit) : writer_(std::move(path), limit) {}

  /// Reads what is there. False when the pipe's other end is closed.
  bool pump(int fd, bool is_stderr);
  /// A line of the shim's own.
  void note(std::string_view text);
  /// Writes out unfinished lines.
  void finish();

 private:
  struct Stream {
    const char* name;
    std::string pending;
  };
  void take(Stream& stream, std::string_view bytes);
  void flush();

  LogWriter writer_;
  std::string out_, stamp_;
  Stream streams_[2] = {{"stdout", {}}, {"stderr", {}}};
};

}  // namespace drivers::process

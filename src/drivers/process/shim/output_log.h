// A container's output: lines from its two pipes into one bounded file, each with its time and stream. Owned by the shim,
// so a task goes on writing whether the engine runs or not.
// The format is CRI's, one line each: "2026-11-23T16:50:31.123Z stdout F text"; P instead of F: the line goes on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace drivers::process {

class OutputLog {
 public:
  OutputLog(std::string path, std::uint64_t limit);
  ~OutputLog();
  OutputLog(const OutputLog&) = delete;
  OutputLog& operator=(const OutputLog&) = delete;

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
  void append_line(const char* stream, char flag, std::string_view text);
  void flush();
  void open_file();

  std::string path_, out_, stamp_;
  std::uint64_t limit_, size_ = 0, lost_ = 0;
  int fd_ = -1;
  Stream streams_[2] = {{"stdout", {}}, {"stderr", {}}};
};

}  // namespace drivers::process

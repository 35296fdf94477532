// Follows one container's log file (drivers/log_line.h) to its end and over its rotation, whole lines only. Used by
// log_shipper. Holds no file open between reads, so that ten thousand quiet tasks hold none.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace engine {

class LogFileReader {
 public:
  explicit LogFileReader(std::string path) : path_(std::move(path)) {}

  /// Reads at most about `bytes_max` bytes; calls take for each message: lines that were split are put together again.
  /// The time is that of its last part, so that times never go backwards within a file. Answers the bytes read;
  /// 0: at the end.
  using Take = std::function<void(Instant at, std::string message)>;
  std::size_t read(std::size_t bytes_max, const Take& take);

 private:
  struct File {
    ino_t inode = 0;
    std::uint64_t size = 0;
    bool exists = false;
  };
  static File look(const std::string& path);
  std::size_t read_from(const std::string& path, const File& file, std::size_t bytes_max, const Take& take);
  void take_line(std::string_view line, const Take& take);

  std::string path_;
  ino_t inode_ = 0;  ///< of the file that offset_ is in; 0: none yet
  std::uint64_t offset_ = 0;
  std::string parts_[2];  ///< of a message that goes on, for stdout and stderr
};

}  // namespace engine

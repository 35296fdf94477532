// A file that holds disk space for the moment when there is none left. Used by the Writer.
#pragma once

#include <cstdint>
#include <filesystem>

namespace state {

class Reserve {
 public:
  Reserve(std::filesystem::path file, std::uint64_t bytes) : file_(std::move(file)), bytes_(bytes) {}

  /// True when the space is held; false when the disk has not got it (twice over, so that it is not taken at once by
  /// the next write).
  bool take();
  void release();
  bool held() const { return held_; }

 private:
  std::filesystem::path file_;
  std::uint64_t bytes_;
  bool held_ = false;
};

}  // namespace state

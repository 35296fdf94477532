// A blob's bytes as a response body, read ahead on the executor so that no disk stalls the owner's thread. Used by the
// distribution API for blobs that it has verified.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "net/event_loop.h"
#include "net/http.h"
#include "registry/executor.h"

namespace registry {

/// An open file, closed with its last user.
class BlobFile {
 public:
  static Result<std::shared_ptr<BlobFile>> open(const std::filesystem::path& path);
  ~BlobFile();
  BlobFile(const BlobFile&) = delete;
  BlobFile& operator=(const BlobFile&) = delete;
  Result<std::string> read(std::uint64_t offset, std::size_t most) const;

 private:
  explicit BlobFile(int fd) : fd_(fd) {}
  int fd_;
};

/// `length` bytes from `offset` on.
std::unique_ptr<net::BodySource> make_blob_source(std::shared_ptr<BlobFile> file, std::uint64_t offset,
                                                  std::uint64_t length, Executor& executor, net::EventLoop& loop);

}  // namespace registry

#include "registry/blob_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>

#include "registry/durable_file.h"

namespace registry {

namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kPiecesAhead = 3;

/// Shared with the read under way, which may end after the client has gone.
struct Reading : std::enable_shared_from_this<Reading> {
  std::shared_ptr<BlobFile> file;
  Executor* executor;
  net::EventLoop* loop;
  std::uint64_t offset, unread;  // of the file, not yet asked for
  std::deque<std::string> pieces;
  std::size_t consumed = 0;  // of the first piece
  bool under_way = false;
  std::optional<Error> failed;
  net::Task resume;

  void read_ahead() {
    if (under_way || failed || unread == 0 || pieces.size() >= kPiecesAhead) return;
    under_way = true;
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(unread, kPiece));
    executor->run([self = shared_from_this(), at = offset, most] {
      self->loop->post([self, piece = self->file->read(at, most)]() mutable { self->arrived(std::move(piece)); });
    });
    offset += most;
    unread -= most;
  }

  void arrived(Result<std::string> piece) {
    under_way = false;
    if (piece && !piece->empty()) {
      pieces.push_back(*std::move(piece));
    } else {
      failed = piece ? Error{"FileError", "the blob's file ends too early"} : piece.error();
    }
    read_ahead();
    if (resume) std::exchange(resume, {})();
  }
};

class BlobSource final : public net::BodySource {
 public:
  BlobSource(std::shared_ptr<Reading> reading, std::uint64_t size) : reading_(std::move(reading)), size_(size) {
    reading_->read_ahead();
  }
  ~BlobSource() override { reading_->unread = 0; }

  std::uint64_t size() const override { return size_; }
  bool ready() const override { return reading_->failed || !reading_->pieces.empty(); }
  void when_ready(net::Task resume) override { reading_->resume = std::move(resume); }

  Result<void> read(std::string& out, std::size_t most) override {
    if (reading_->pieces.empty()) return tl::unexpected(*reading_->failed);
    const std::string& piece = reading_->pieces.front();
    const std::size_t taken = std::min(most, piece.size() - reading_->consumed);
    out.append(piece, reading_->consumed, taken);
    reading_->consumed += taken;
    if (reading_->consumed == piece.size()) {
      reading_->pieces.pop_front();
      reading_->consumed = 0;
    }
    reading_->read_ahead();
    return {};
  }

 private:
  std::shared_ptr<Reading> reading_;
  std::uint64_t size_;
};

}  // namespace

Result<std::shared_ptr<BlobFile>> BlobFile::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return tl::unexpected(system_error("cannot read " + path.string(), errno));
  return std::shared_ptr<BlobFile>(new BlobFile(fd));
}

BlobFile::~BlobFile() { ::close(fd_); }

Result<std::string> BlobFile::read(std::uint64_t offset, std::size_t most) const {
  std::string bytes(most, '\0');
  std::size_t have = 0;
  while (have < most) {
    const ssize_t n = ::pread(fd_, bytes.data() + have, most - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return tl::unexpected(system_error("cannot read a blob", errno));
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  bytes.resize(have);
  return bytes;
}

std::unique_ptr<net::BodySource> make_blob_source(std::shared_ptr<BlobFile> file, std::uint64_t offset,
                                                  std::uint64_t length, Executor& executor, net::EventLoop& loop) {
  auto reading = std::make_shared<Reading>();
  reading->file = std::move(file);
  reading->executor = &executor;
  reading->loop = &loop;
  reading->offset = offset;
  reading->unread = length;
  return std::make_unique<BlobSource>(std::move(reading), length);
}

}  // namespace registry

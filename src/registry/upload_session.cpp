#include "registry/upload_session.h"

namespace registry {

UploadSession::UploadSession(const ImageStore& store, Executor& executor, net::EventLoop& loop, Place place)
    : store_(store), loop_(loop), strand_(executor), place_(std::move(place)), received_(place_.received) {}

Result<void> UploadSession::with_file(const net::Callback<Result<void>(Upload&)>& use) {
  if (unusable_) return tl::unexpected(*unusable_);
  Result<void> done;
  if (!upload_) {
    if (Result<Upload> opened = store_.begin_upload(place_.file)) {
      upload_.emplace(*std::move(opened));
    } else {
      done = tl::unexpected(opened.error());
    }
  }
  if (done) done = use(*upload_);
  if (!done) unusable_ = done.error();
  return done;
}

void UploadSession::run(net::Callback<Result<void>(Upload&)> use, Done done) {
  strand_.run([self = shared_from_this(), use = std::move(use), done = std::move(done)]() mutable {
    Result<void> result = self->with_file(use);
    self->loop_.post([self, result = std::move(result), done = std::move(done)] { done(result); });
  });
}

Result<void> UploadSession::write(std::uint64_t turn, std::string_view bytes) {
  if (turn != turn_) return fail("BLOB_UPLOAD_INVALID", "another request goes on with this upload");
  if (failed_) return tl::unexpected(*failed_);
  received_ += bytes.size();
  queued_ += bytes.size();
  run([piece = std::string(bytes)](Upload& upload) { return upload.append(piece); },
      [self = shared_from_this(), size = bytes.size()](Result<void> result) { self->written(size, result); });
  return {};
}

void UploadSession::written(std::uint64_t bytes, const Result<void>& result) {
  queued_ -= bytes;
  if (!result && !failed_) failed_ = result.error();
  if (resume_ && (queued_ <= kResumeAt || failed_)) std::exchange(resume_, {})();
}

void UploadSession::settle(Done done) {
  run([](Upload&) -> Result<void> { return {}; }, std::move(done));
}

void UploadSession::commit(std::string digest, Done done) {
  take_turn();
  run([digest = std::move(digest)](Upload& upload) { return upload.commit(digest); }, std::move(done));
}

void UploadSession::discard(Done done) {
  take_turn();
  run(
      [](Upload& upload) -> Result<void> {
        upload.discard();
        return {};
      },
      std::move(done));
}

Result<void> TransferSink::write(std::string_view bytes) {
  if (session_) return session_->write(turn_, bytes);
  dropped_ += bytes.size();
  if (dropped_ > kDroppedMost) return tl::unexpected(*refusal_);
  return {};
}

}  // namespace registry

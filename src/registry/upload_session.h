// One upload while clients send to it: takes bytes on the owner's thread, writes them on the executor's, in order, and
// says how much may come before the disk has caught up. Used by the distribution API.
//
// Holds always: every callback comes on the owner's thread; at most one request writes (a newer one takes its turn).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "net/event_loop.h"
#include "net/http.h"
#include "registry/executor.h"
#include "registry/image_store.h"

namespace registry {

class UploadSession : public std::enable_shared_from_this<UploadSession> {
 public:
  using Done = net::Callback<void(Result<void>)>;
  struct Place {
    std::string id, repository;
    std::string file;           ///< its name in the store
    std::uint64_t received = 0;  ///< of an earlier session
  };

  UploadSession(const ImageStore& store, Executor& executor, net::EventLoop& loop, Place place);

  const std::string& id() const { return place_.id; }
  const std::string& repository() const { return place_.repository; }
  /// Written or on the way to be.
  std::uint64_t received() const { return received_; }

  /// From now on only write()s with this number are taken.
  std::uint64_t take_turn() { return ++turn_; }
  Result<void> write(std::uint64_t turn, std::string_view bytes);
  bool has_room() const { return queued_ < kQueuedMost; }
  void when_room(net::Task resume) { resume_ = std::move(resume); }

  /// After all that was received until now is in the file (made where it was not).
  void settle(Done done);
  /// It becomes the blob `digest`; DigestMismatch. The session is of no use afterwards, however it ends.
  void commit(std::string digest, Done done);
  void discard(Done done);

  Instant used_at{};

 private:
  static constexpr std::uint64_t kQueuedMost = 4u << 20;
  static constexpr std::uint64_t kResumeAt = 1u << 20;
  /// On the executor: the file, opened at its first use.
  Result<void> with_file(const net::Callback<Result<void>(Upload&)>& use);
  void run(net::Callback<Result<void>(Upload&)> use, Done done);
  void written(std::uint64_t bytes, const Result<void>& result);

  const ImageStore& store_;
  net::EventLoop& loop_;
  Strand strand_;
  const Place place_;

  std::uint64_t received_, queued_ = 0, turn_ = 0;
  std::optional<Error> failed_;
  net::Task resume_;

  std::optional<Upload> upload_;   // the strand's
  std::optional<Error> unusable_;  // the strand's: nothing more is written behind a gap
};

/// A request's body on its way into a session; or why there is none to go into, and the body is dropped.
class TransferSink final : public net::BodySink {
 public:
  explicit TransferSink(std::shared_ptr<UploadSession> session)
      : session_(std::move(session)), turn_(session_->take_turn()) {}
  explicit TransferSink(Error refusal) : refusal_(std::move(refusal)) {}

  Result<void> write(std::string_view bytes) override;
  bool has_room() const override { return !session_ || session_->has_room(); }
  void when_room(net::Task resume) override { session_->when_room(std::move(resume)); }

  const std::shared_ptr<UploadSession>& session() const { return session_; }
  const std::optional<Error>& refusal() const { return refusal_; }

 private:
  static constexpr std::uint64_t kDroppedMost = 64u << 20;  // of a refused body, so that its client reads the refusal
  std::shared_ptr<UploadSession> session_;  // shared: requests come and go, the upload stays
  std::uint64_t turn_ = 0, dropped_ = 0;
  std::optional<Error> refusal_;
};

}  // namespace registry

// The OCI distribution API: /v2/… of the engine's port. Knows HTTP, files and the catalog's questions; ECR's rules are
// behind the catalog. Owned by the engine's wiring; used on the thread that owns the state.
//
// What always holds:
//  - An answer that acknowledges something leaves after it is durable: the file first, then the record that names it.
//  - A blob or manifest without a record is invisible, so a push cut anywhere leaves nothing but an upload to go on with.
//  - Bodies of blobs stream: what waits in memory is bounded for each upload, and files are touched on the executor.
//  - The sweep never takes a file that a record names or a push under way is about to name.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "net/event_loop.h"
#include "net/http.h"
#include "net/http_server.h"
#include "registry/catalog.h"
#include "registry/executor.h"
#include "registry/image_store.h"
#include "registry/route.h"
#include "registry/upload_session.h"

namespace registry {

class Distribution {
 public:
  struct Options {
    /// Of "user:password"; empty: whoever comes is let in.
    std::function<bool(std::string_view credentials)> authorized{};
    std::uint64_t blob_bytes = 52'000ull << 20;  // ECR's limit of a layer
    std::size_t manifest_bytes = 4u << 20;       // ECR's too
    /// Blobs that nothing names, and uploads nobody goes on with, are swept when older.
    Duration grace = hours(24);
    int threads = 4;
  };

  Distribution(const ImageStore& store, Catalog& catalog, net::EventLoop& loop, const Clock& clock, Random& random,
               Options options);
  ~Distribution();
  Distribution(const Distribution&) = delete;
  Distribution& operator=(const Distribution&) = delete;

  /// What begins with /v2 and carries no AWS signature: API Gateway's paths begin so too.
  static bool serves(const net::Request& request);

  /// For HttpServer's hooks of those names: the body of a blob goes to its upload.
  std::unique_ptr<net::BodySink> body_sink(const net::Request& request);
  bool streams(const net::Request& request) const;
  std::uint64_t blob_limit() const { return options_.blob_bytes; }
  void handle(net::Request&& request, net::Responder respond);

  /// Removes the files that nothing names. `done` when it is through.
  void sweep(net::Task done = {});

 private:
  struct Call {
    net::Request request;
    Route route;
    net::Responder respond;
  };
  using Session = std::shared_ptr<UploadSession>;

  Result<void> check_access(const net::Request& request, const Route& route) const;
  void dispatch(Call call);
  bool reads(const Call& call) const { return call.request.method == "GET" || call.request.method == "HEAD"; }

  // distribution.cpp
  void list_repositories(Call call);
  void list_tags(Call call);

  // distribution_manifests.cpp
  struct Push;
  void get_manifest(Call call);
  void put_manifest(Call call);
  Result<void> check_push(const Push& push) const;
  void store_manifest(std::shared_ptr<Push> push);
  void record_manifest(const std::shared_ptr<Push>& push);
  void delete_manifest(Call call);
  void list_referrers(Call call);

  // distribution_blobs.cpp
  void get_blob(Call call);
  void send_blob(Call call, std::int64_t size, const Result<std::shared_ptr<class BlobFile>>& file);
  void delete_blob(Call call);
  Result<Session> transfer_of(const net::Request& request, const Route& route);
  Result<Session> find_session(const Route& route);
  Session make_session(const std::string& repository, std::string id, std::uint64_t received);
  std::unique_ptr<TransferSink> take_sink(Call& call);
  void post_upload(Call call);
  bool mount_blob(Call& call);
  void patch_upload(Call call);
  void finish_upload(Call call, const Session& session, std::string digest);
  void upload_status(Call call);
  void cancel_upload(Call call);

  // distribution_sweep.cpp
  void sweep_files(std::vector<std::string> digests, net::Task done);
  void remove_files(std::vector<std::string> digests, net::Task done);
  void sweep_roots(net::Task done);
  bool is_wanted(const std::string& digest) const;

  /// `work` on the executor, then `then` with what it gave on the owner's thread.
  template <class Work, class Then>
  void aside(Work work, Then then);
  /// Of a session: called only while this lives.
  UploadSession::Done guarded(UploadSession::Done done);
  /// While a digest is committing the sweep leaves its file alone; commits wait for a sweep that is removing files.
  void begin_commit(const std::string& digest, net::Task go);
  void end_commit(const std::string& digest);
  /// Answers once the catalog's changes are durable.
  void save_and_answer(net::Responder respond, net::Response response);

  const ImageStore& store_;
  Catalog& catalog_;
  net::EventLoop& loop_;
  const Clock& clock_;
  Random& random_;
  Options options_;
  std::map<std::string, Session> sessions_;  ///< by the upload's file
  std::multiset<std::string> committing_;
  bool removing_ = false, sweeping_ = false;
  std::vector<net::Task> waiting_commits_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< posted work holds it weakly
  Executor executor_;                                           ///< last: its threads end before what they use
};

template <class Work, class Then>
void Distribution::aside(Work work, Then then) {
  executor_.run([&loop = loop_, alive = std::weak_ptr(alive_), work = std::move(work), then = std::move(then)]() mutable {
    loop.post([alive, result = work(), then = std::move(then)]() mutable {
      if (!alive.expired()) then(std::move(result));
    });
  });
}

}  // namespace registry

// Collecting what nothing names: uploads nobody goes on with, blobs without an image, files without a record, unpacked
// roots without an image or a task. The records decide, on the owner's thread; the executor only lists and removes.
#include <filesystem>

#include "base/log.h"
#include "registry/distribution.h"

namespace registry {

namespace {
constexpr Duration kSessionIdle = minutes(10);  // then its file is closed; a later request opens it again
}  // namespace

void Distribution::sweep(net::Task done) {
  if (std::exchange(sweeping_, true)) return done ? done() : void();
  const Instant now = clock_.now();
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second->used_at < now - kSessionIdle; });
  catalog_.expire_blobs(now - options_.grace);
  catalog_.save([](const Result<void>&) {});
  aside(
      [&store = store_, before = now - options_.grace] {
        store.remove_uploads(before);
        return store.list_blobs();
      },
      [this, done = std::move(done)](Result<std::vector<std::string>> digests) mutable {
        if (!digests) log_warning("the image store was not swept: {}", digests.error().message);
        sweep_files(digests ? *std::move(digests) : std::vector<std::string>(), std::move(done));
      });
}

/// What no record names now goes once that is durable: a crash must not leave a record without its file.
void Distribution::sweep_files(std::vector<std::string> digests, net::Task done) {
  std::erase_if(digests, [&](const std::string& digest) { return is_wanted(digest); });
  catalog_.save(guarded([this, digests = std::move(digests), done = std::move(done)](Result<void> saved) mutable {
    if (!saved) digests.clear();
    remove_files(std::move(digests), std::move(done));
  }));
}

/// Between this decision and the last removal no push becomes visible: commits wait. A file that a commit is making, or
/// has made without its record yet, is wanted.
void Distribution::remove_files(std::vector<std::string> digests, net::Task done) {
  std::erase_if(digests, [&](const std::string& digest) { return is_wanted(digest); });
  removing_ = true;
  aside(
      [&store = store_, digests = std::move(digests)]() -> Result<void> {
        for (const std::string& digest : digests) TRY_VOID(store.remove_blob(digest));
        return {};
      },
      [this, done = std::move(done)](Result<void> removed) mutable {
        if (!removed) log_warning("the image store was not swept: {}", removed.error().message);
        removing_ = false;
        for (const net::Task& commit : std::exchange(waiting_commits_, {})) commit();
        sweep_roots(std::move(done));
      });
}

bool Distribution::is_wanted(const std::string& digest) const {
  return committing_.contains(digest) || catalog_.is_content(digest);
}

void Distribution::sweep_roots(net::Task done) {
  aside([&store = store_] { return store.list_roots(); },
        [this, done = std::move(done)](std::vector<std::string> digests) mutable {
          std::erase_if(digests, [&](const std::string& digest) {
            return is_wanted(digest) || catalog_.is_in_use(digest);
          });
          aside(
              [&store = store_, digests = std::move(digests)] {
                for (const std::string& digest : digests) store.remove_root(digest);
                return true;
              },
              [this, done = std::move(done)](bool) {
                sweeping_ = false;
                if (done) done();
              });
        });
}

}  // namespace registry

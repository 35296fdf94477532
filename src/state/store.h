// Where the tables are kept: a SQLite file that one writer thread appends to. Owned by the engine; every function is
// called on the owner thread, and none of them waits for the disk but open(), flush() and the destructor.
//
// What was written since the last commit() becomes one transaction. Transactions become durable in order. An answer
// to a client, and an action on a driver, waits with when_durable() for the commit it depends on.
//
// A disk that is full: the first failed write frees a reserve file, so what is queued, deletes and shutdown still go
// through; from then on refusing() says so. If even that does not suffice the transaction and all after it are
// refused: memory goes back to what is durable, their waiters get the error, on_rolled_back is called. Any other
// failure to write ends the process through on_fatal.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/reply_log.h"
#include "state/table.h"

namespace state {

class Writer;
class DirectoryLock;
struct DatabaseSettings;

/// SQL that brings a database from version `to - 1` to `to`.
struct Migration {
  int to = 0;
  std::string sql;
};

struct StoreOptions {
  /// Runs its argument on the owner thread, later; called from the writer thread. Without it only flush() settles.
  std::function<void(std::function<void()>)> post;
  /// Tables went back to what is durable; the keys concerned count as changed.
  std::function<void(const Error&)> on_rolled_back;
  /// The database cannot be written and it is not for lack of space. On the writer thread; must not return. Without
  /// it the error is logged and the process ends with status 1.
  std::function<void(const Error&)> on_fatal;
  std::uint64_t reserve_bytes = 8 << 20;
  int schema_version = 1;
  std::vector<Migration> migrations;
};

class Store {
 public:
  using Commit = state::Commit;
  using Options = StoreOptions;

  /// Locks the directory (made if absent), migrates after a backup, recovers. Error codes: StateLocked, StateNewer,
  /// StateCorrupt, StateUnusable.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& directory, Options options = {});
  /// Keeps nothing: every commit is durable at once. For tests and the simulator.
  static std::unique_ptr<Store> in_memory();
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Returns the transaction's number; the last one's if nothing was written.
  Commit commit();
  /// Undoes everything since the last commit, in memory too.
  void rollback();
  bool has_pending_writes() const { return dirty_; }
  Commit durable() const { return durable_; }
  /// On the owner thread; at once if already durable (or refused).
  void when_durable(Commit commit, std::function<void(Result<void>)> then);
  /// Blocks until all that was committed is durable or refused, and calls who waits for it. Shutdown and tests.
  Result<void> flush();

  /// Set while the disk is full: a request that wrote something should be rolled back and answered with it, unless it
  /// deletes. Asking makes the writer look whether there is space again.
  std::optional<Error> refusing();

  /// Answers by invocation id, so that a repeated request gets its first answer.
  std::optional<StoredReply> find_reply(const std::string& id) const;
  /// Part of the pending transaction. `reply.at` is now; old ones are dropped by count, bytes and age.
  void remember_reply(StoredReply reply);

  /// Erases every record of every table (POST /_scaleout/reset), as part of the pending transaction.
  void clear();

 private:
  friend class TableBase;
  explicit Store(Options options);
  int attach(TableBase& table);
  void load(TableBase& table);
  void settle();

  struct Refusal {
    Commit from, to;
    Error error;
  };

  Options options_;
  std::unique_ptr<DirectoryLock> lock_;
  std::unique_ptr<DatabaseSettings> settings_;
  std::unique_ptr<Writer> writer_;  ///< none: in memory
  std::vector<TableBase*> tables_;
  bool dirty_ = false, looked_ = false;
  Commit last_ = 0, durable_ = 0;
  std::multimap<Commit, std::function<void(Result<void>)>> waiting_;
  std::vector<Refusal> refused_;  ///< one for each time the disk filled up
  std::shared_ptr<Store*> self_;  ///< what posted work holds weakly: it may run after the Store is gone
  std::unique_ptr<ReplyLog> replies_;
};

}  // namespace state

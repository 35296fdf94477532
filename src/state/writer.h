// The thread that makes transactions durable. Used by the Store only.
//
// Takes everything that is queued, writes it as one SQLite transaction, reports, and so on: while the disk syncs, the
// next group gathers. Order is kept. After a refusal it takes nothing until the owner has undone it (resume).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "state/database.h"
#include "state/reserve.h"

namespace state {

struct Transaction {
  Commit commit = 0;
  std::vector<RowWrite> rows;
};

class Writer {
 public:
  struct Hooks {
    std::function<void()> report;  ///< progress() has news; on the writer thread
    std::function<void(const Error&)> fatal;
  };
  struct Progress {
    Commit durable = 0;
    std::optional<Error> refused;  ///< everything after `durable` was not written
  };

  Writer(Connection database, Reserve reserve, Hooks hooks);
  /// Writes what is queued, checkpoints and closes the database.
  ~Writer();

  /// Only before the first submit: start-up reads with it.
  sqlite3* database() const { return database_.get(); }
  void name_table(int number, std::string name) { tables_[number].name = std::move(name); }

  void submit(Transaction transaction);
  Progress progress();
  /// The owner has undone what was refused.
  void resume();
  void wait_until_idle();
  bool disk_full();
  /// Looks, on its own thread, whether the reserve can be had back.
  void probe();

 private:
  struct TableStatements {
    std::string name;
    std::optional<Statement> upsert, erase;
  };

  void run();
  /// How many of them are durable now, and why not all.
  std::size_t write(const std::vector<Transaction>& group, std::optional<Error>& error);
  int write_once(const Transaction* begin, const Transaction* end);
  int write_row(const RowWrite& row);
  void tidy();

  Connection database_;
  Reserve reserve_;
  Hooks hooks_;
  std::map<int, TableStatements> tables_;
  std::string failure_;  ///< what SQLite said last

  std::mutex mutex_;
  std::condition_variable work_, idle_;
  std::deque<Transaction> queue_;
  Progress progress_;
  bool busy_ = false, stopping_ = false, probing_ = false, full_ = false;
  std::thread thread_;
};

}  // namespace state

#include "state/writer.h"

#include <fmt/format.h>

#include "base/crash_point.h"
#include "base/log.h"

namespace state {

namespace {
// Bounds one SQLite transaction, so that the WAL and the wait of the first in it stay bounded.
constexpr std::size_t kGroupTransactionsMax = 512;
constexpr std::size_t kGroupRowsMax = 4096;
// Pages freed by deletes are handed back to the file system when this many are free.
constexpr std::int64_t kFreePagesMax = 512;
}  // namespace

Writer::Writer(Connection database, Reserve reserve, Hooks hooks)
    : database_(std::move(database)), reserve_(std::move(reserve)), hooks_(std::move(hooks)) {
  full_ = !reserve_.take();
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
  tables_.clear();  // statements before their database
}

void Writer::submit(Transaction transaction) {
  {
    const std::lock_guard lock(mutex_);
    if (progress_.refused) return;  // the owner will undo it with the rest
    queue_.push_back(std::move(transaction));
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  work_.notify_one();
}

Writer::Progress Writer::progress() {
  const std::lock_guard lock(mutex_);
  return progress_;
}

void Writer::resume() {
  const std::lock_guard lock(mutex_);
  progress_.refused.reset();
}

void Writer::wait_until_idle() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return queue_.empty() && !busy_; });
}

bool Writer::disk_full() {
  const std::lock_guard lock(mutex_);
  return full_;
}

void Writer::probe() {
  {
    const std::lock_guard lock(mutex_);
    probing_ = true;
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  work_.notify_one();
}

void Writer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return stopping_ || probing_ || !queue_.empty(); });
    busy_ = true;
    if (std::exchange(probing_, false)) {
      lock.unlock();
      const bool held = reserve_.take();
      lock.lock();
      if (full_ && held) log_info("state: the disk has space again, writes are taken");
      full_ = !held;
    }
    std::vector<Transaction> group;
    for (std::size_t rows = 0; !queue_.empty() && rows < kGroupRowsMax && group.size() < kGroupTransactionsMax;) {
      rows += queue_.front().rows.size();
      group.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    if (!group.empty()) {
      lock.unlock();
      std::optional<Error> error;
      const std::size_t written = write(group, error);
      lock.lock();
      if (written > 0) progress_.durable = group[written - 1].commit;
      if (error) {
        progress_.refused = std::move(error);
        queue_.clear();
      }
      full_ = !reserve_.held();
    }
    busy_ = false;
    const bool done = queue_.empty();
    if (done) idle_.notify_all();
    if (!group.empty()) {
      lock.unlock();
      hooks_.report();
      if (done) tidy();
      lock.lock();
    }
    if (stopping_ && queue_.empty()) return;
  }
}

std::size_t Writer::write(const std::vector<Transaction>& group, std::optional<Error>& error) {
  const Transaction* const begin = group.data();
  const Transaction* const end = begin + group.size();
  int code = write_once(begin, end);
  if (code == SQLITE_OK) return group.size();
  std::size_t written = 0;
  if (out_of_space(database_.get(), code)) {
    log_error("state: no space left on the disk: {}", failure_);
    reserve_.release();
    // One by one: what still fits is not refused.
    for (code = SQLITE_OK; written < group.size(); ++written) {
      code = write_once(begin + written, begin + written + 1);
      if (code != SQLITE_OK) break;
    }
    if (code == SQLITE_OK) return written;
    if (out_of_space(database_.get(), code)) {
      error = Error{"ServiceUnavailableException", "The engine's disk is full; the change was not made. Free some "
                                                   "space and repeat it."};
      return written;
    }
  }
  hooks_.fatal({"StateUnusable", failure_});
  error = Error{"ServiceUnavailableException", "The engine cannot write its state."};
  return written;
}

int Writer::write_once(const Transaction* begin, const Transaction* end) {
  sqlite3* const database = database_.get();
  int code = execute(database, "BEGIN IMMEDIATE");
  for (; code == SQLITE_OK && begin != end; ++begin) {
    for (const RowWrite& row : begin->rows) {
      code = write_row(row);
      if (code != SQLITE_OK) break;
    }
  }
  if (code == SQLITE_OK) {
    crash_point("before_commit");
    code = execute(database, "COMMIT");
    if (code == SQLITE_OK) {
      crash_point("after_commit");
      return SQLITE_OK;
    }
  }
  // ROLLBACK forgets the error that the caller asks about.
  failure_ = describe(database, "the state cannot be written");
  const int cause = out_of_space(database, code) ? SQLITE_FULL : code;
  if (sqlite3_get_autocommit(database) == 0) execute(database, "ROLLBACK");
  for (auto& [number, table] : tables_) {  // their tables may have gone with the transaction
    table.upsert.reset();
    table.erase.reset();
  }
  return cause;
}

int Writer::write_row(const RowWrite& row) {
  TableStatements& table = tables_[row.table];
  if (!table.upsert) {
    const int code = execute(database_.get(), fmt::format("CREATE TABLE IF NOT EXISTS \"{}\" (key TEXT PRIMARY KEY, "
                                                          "record TEXT NOT NULL) WITHOUT ROWID",
                                                          table.name));
    if (code != SQLITE_OK) return code;
    Statement upsert(database_.get(), fmt::format("INSERT OR REPLACE INTO \"{}\" VALUES (?, ?)", table.name), true);
    Statement erase(database_.get(), fmt::format("DELETE FROM \"{}\" WHERE key = ?", table.name), true);
    if (!upsert.prepared() || !erase.prepared()) return sqlite3_extended_errcode(database_.get());
    table.upsert.emplace(std::move(upsert));
    table.erase.emplace(std::move(erase));
  }
  Statement& statement = row.record ? *table.upsert : *table.erase;
  statement.bind(1, row.key);
  if (row.record) statement.bind(2, *row.record);
  const int code = statement.step();
  const int extended = code == SQLITE_DONE ? SQLITE_OK : sqlite3_extended_errcode(database_.get());
  statement.reset();
  return extended;
}

void Writer::tidy() {
  if (query_number(database_.get(), "PRAGMA freelist_count") > kFreePagesMax) {
    execute(database_.get(), fmt::format("PRAGMA incremental_vacuum({})", kFreePagesMax / 2));
  }
}

}  // namespace state

#include "state/store.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <stdexcept>

#include "base/log.h"
#include "state/directory_lock.h"
#include "state/writer.h"

namespace state {

namespace {
/// A write beyond `ulimit -f` shall fail, not kill. A handler, unlike SIG_IGN, is not inherited by tasks.
void survive_file_size_limit() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(SIGXFSZ, &action, nullptr);
}

void stop_loudly(const Error& error) {
  log_error("{}: {}; the engine stops. Tasks and load balancers go on; nothing acknowledged is lost", error.code,
            error.message);
  ::_exit(1);
}
}  // namespace

TableBase::TableBase(Store& store, std::string name)
    : store_(store), name_(std::move(name)), number_(store.attach(*this)) {}
TableBase::~TableBase() = default;
void TableBase::attach() { store_.load(*this); }

std::set<std::string> TableBase::take_changed() {
  if (!changed_.empty()) store_.looked_ = true;
  looked_.insert(changed_.begin(), changed_.end());
  return std::exchange(changed_, {});
}

void TableBase::touch(const std::string& key, Before before) {
  pending_.try_emplace(key, std::move(before));
  changed_.insert(key);
  store_.dirty_ = true;
}

Result<void> TableBase::load_row(std::string key, std::string_view record) {
  changed_.insert(key);
  return load(std::move(key), record);
}

void TableBase::seal(Commit commit, std::vector<RowWrite>* rows) {
  if (pending_.empty() && looked_.empty()) return;
  if (rows != nullptr) {
    for (const auto& [key, before] : pending_) {
      std::optional<std::string> record = encoded(key);
      if (!record && !before) continue;  // came and went within the transaction
      rows->push_back({number_, key, std::move(record)});
    }
  }
  sealed_.push_back({commit, std::exchange(pending_, {}), std::exchange(looked_, {})});
}

void TableBase::settle(Commit durable) {
  while (!sealed_.empty() && sealed_.front().commit <= durable) sealed_.pop_front();
}

void TableBase::undo(Undo& steps, std::set<std::string>& looked) {
  for (auto& [key, before] : steps) {
    restore(key, before.get());
    changed_.insert(key);
  }
  changed_.merge(looked);
  steps.clear();
  looked.clear();
}

void TableBase::undo_unsettled() {
  undo_pending();
  for (; !sealed_.empty(); sealed_.pop_back()) undo(sealed_.back().undo, sealed_.back().looked);
}

Store::Store(Options options) : options_(std::move(options)), self_(std::make_shared<Store*>(this)) {}

Store::~Store() {
  self_.reset();
  writer_.reset();  // writes what is queued
}

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& directory, Options options) {
  survive_file_size_limit();
  TRY(std::unique_ptr<DirectoryLock> lock, DirectoryLock::acquire(directory));
  DatabaseSettings settings{.file = directory / "state.db",
                            .what = "the engine's state",
                            .schema_version = options.schema_version,
                            .migrations = options.migrations,
                            .must_exist = lock->in_use_before()};
  TRY(Connection database, open_database(settings));
  TRY_VOID(lock->mark_in_use());

  std::unique_ptr<Store> store(new Store(std::move(options)));
  store->settings_ = std::make_unique<DatabaseSettings>(std::move(settings));
  store->lock_ = std::move(lock);
  Writer::Hooks hooks;
  hooks.report = [post = store->options_.post, self = std::weak_ptr(store->self_)] {
    if (!post) return;
    post([self] {
      if (const auto store = self.lock()) (*store)->settle();
    });
  };
  hooks.fatal = store->options_.on_fatal ? store->options_.on_fatal : stop_loudly;
  store->writer_ = std::make_unique<Writer>(std::move(database),
                                            Reserve(directory / "reserve", store->options_.reserve_bytes),
                                            std::move(hooks));
  try {
    store->replies_ = std::make_unique<ReplyLog>(*store);
  } catch (const std::runtime_error& error) {
    return fail("StateCorrupt", error.what());
  }
  return store;
}

std::unique_ptr<Store> Store::in_memory() {
  std::unique_ptr<Store> store(new Store({}));
  store->replies_ = std::make_unique<ReplyLog>(*store);
  return store;
}

int Store::attach(TableBase& table) {
  tables_.push_back(&table);
  return static_cast<int>(tables_.size()) - 1;
}

void Store::load(TableBase& table) {
  if (!writer_) return;
  writer_->name_table(table.number_, table.name_);
  sqlite3* const database = writer_->database();
  Statement exists(database, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?");
  exists.bind(1, table.name_);
  if (const int code = exists.step(); code == SQLITE_DONE) return;
  Statement rows(database, fmt::format("SELECT key, record FROM \"{}\" ORDER BY key", table.name_));
  int code = rows.step();
  for (; code == SQLITE_ROW; code = rows.step()) {
    std::string key(rows.text(0));
    const std::string name = fmt::format("{}[{}]", table.name_, key);
    if (const Result<void> loaded = table.load_row(std::move(key), rows.text(1)); !loaded) {
      throw std::runtime_error(corrupt(*settings_, name + ": " + loaded.error().message).message);
    }
  }
  if (code != SQLITE_DONE) throw std::runtime_error(corrupt(*settings_, sqlite3_errmsg(database)).message);
}

Store::Commit Store::commit() {
  if (!dirty_) {
    if (std::exchange(looked_, false)) {
      for (TableBase* table : tables_) {
        // Whoever looked waits for the last commit: is that refused, it must look again.
        if (durable_ == last_) table->forget_looked(); else table->seal(last_, nullptr);
      }
    }
    return last_;
  }
  dirty_ = looked_ = false;
  Transaction transaction{++last_, {}};
  for (TableBase* table : tables_) table->seal(last_, writer_ ? &transaction.rows : nullptr);
  if (writer_) {
    writer_->submit(std::move(transaction));
  } else {
    durable_ = last_;
    for (TableBase* table : tables_) table->settle(durable_);
  }
  return last_;
}

void Store::rollback() {
  dirty_ = looked_ = false;
  for (TableBase* table : tables_) table->undo_pending();
}

void Store::when_durable(Commit commit, std::function<void(Result<void>)> then) {
  for (const Refusal& refusal : refused_) {
    if (refusal.from <= commit && commit <= refusal.to) return then(tl::unexpected(refusal.error));
  }
  if (commit <= durable_) return then({});
  waiting_.emplace(commit, std::move(then));
}

Result<void> Store::flush() {
  if (!writer_) return {};
  writer_->wait_until_idle();
  const std::size_t refusals = refused_.size();
  settle();
  if (refused_.size() > refusals) return tl::unexpected(refused_.back().error);
  return {};
}

void Store::settle() {
  const Writer::Progress progress = writer_->progress();
  durable_ = std::max(durable_, progress.durable);
  for (TableBase* table : tables_) table->settle(durable_);

  std::vector<std::pair<std::function<void(Result<void>)>, Result<void>>> calls;
  const auto take = [&](Commit up_to, const Result<void>& result) {
    while (!waiting_.empty() && waiting_.begin()->first <= up_to) {
      calls.emplace_back(std::move(waiting_.begin()->second), result);
      waiting_.erase(waiting_.begin());
    }
  };
  take(durable_, {});
  if (progress.refused) {
    for (TableBase* table : tables_) table->undo_unsettled();
    dirty_ = looked_ = false;
    refused_.push_back({durable_ + 1, last_, *progress.refused});
    take(last_, tl::unexpected(*progress.refused));
    durable_ = ++last_;  // nothing is under way. A number of its own: who asks for what is durable now is not refused
    writer_->resume();
  }
  // Last, because they may come back here.
  for (auto& [call, result] : calls) call(std::move(result));
  if (progress.refused && options_.on_rolled_back) options_.on_rolled_back(*progress.refused);
}

std::optional<Error> Store::refusing() {
  if (!writer_ || !writer_->disk_full()) return std::nullopt;
  writer_->probe();
  return Error{"ServiceUnavailableException", "The engine's disk is full: only deletions are taken. Free some space "
                                              "and repeat the request."};
}

std::optional<StoredReply> Store::find_reply(const std::string& id) const { return replies_->find(id); }
void Store::remember_reply(StoredReply reply) { replies_->remember(std::move(reply)); }

void Store::clear() {
  for (TableBase* table : tables_) table->clear();
}

}  // namespace state

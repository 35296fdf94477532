#include "state/log_store.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "state/log_database.h"

namespace state {

namespace {
// Bound one transaction, so that its memory and the wait of the first in it stay bounded.
constexpr std::size_t kOperationsMax = 1024;
constexpr std::size_t kBytesMax = 4 << 20;
constexpr std::size_t kFailuresMax = 1024;   // remembered for answers that ask later
}  // namespace

/// The queue, the thread that works it off, and the two connections.
class LogStore::Worker {
 public:
  struct Operation {
    enum Kind { append, delete_stream, delete_group, expire } kind = append;
    Number number = 0;
    std::string group, stream;
    std::vector<LogEvent> events;
    std::int64_t at_ms = 0;
    LogDurability durability = LogDurability::task_output;
    std::size_t bytes() const {
      std::size_t sum = 0;
      for (const LogEvent& event : events) sum += sizeof event + event.message.size();
      return sum;
    }
  };

  Worker(std::unique_ptr<LogDatabase> writing, std::unique_ptr<LogDatabase> reading, std::int64_t bytes_max,
         std::function<void()> report)
      : writing_(std::move(writing)),
        reading_(std::move(reading)),
        bytes_max_(bytes_max),
        report_(std::move(report)),
        new_times_(writing_->load_times()),
        times_(new_times_) {}

  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  Number submit(Operation operation) {
    std::unique_lock lock(mutex_);
    operation.number = ++last_;
    if (operation.durability == LogDurability::acknowledged) promised_ = last_;
    queue_.push_back(std::move(operation));
    if (!reading_) {  // in memory: done at once
      work_off(lock);
      return last_;
    }
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    lock.unlock();
    work_.notify_one();
    return last_;
  }

  LogPage read(const LogRead& query) { return (reading_ ? reading_ : writing_)->read(query); }

  void wait_until_idle() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return queue_.empty() && !busy_; });
  }

  struct Progress {
    Number done = 0;
    std::map<Number, Error> failed;
  };
  Progress take_progress() {
    const std::lock_guard lock(mutex_);
    return {done_, failed_};
  }
  Number promised() const {
    const std::lock_guard lock(mutex_);
    return promised_;
  }
  template <class F>
  auto with_times(F&& look) const {
    const std::lock_guard lock(mutex_);
    return look(times_);
  }
  std::uint64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      work_off(lock);
      if (queue_.empty()) idle_.notify_all();
      lock.unlock();
      report_();
      lock.lock();
    }
  }

  /// One transaction of what is queued. The lock is open while the disk works.
  void work_off(std::unique_lock<std::mutex>& lock) {
    std::vector<Operation> batch;
    bool synced = false;
    for (std::size_t bytes = 0; !queue_.empty() && batch.size() < kOperationsMax && bytes < kBytesMax;) {
      bytes += queue_.front().bytes();
      synced |= queue_.front().durability == LogDurability::acknowledged;
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    busy_ = true;
    lock.unlock();
    bool all_changed = false;  // more than the streams that were appended to
    int code = writing_->begin(synced);
    for (const Operation& operation : batch) {
      if (code == SQLITE_OK) code = apply(operation);
      all_changed |= operation.kind != Operation::append;
    }
    if (code == SQLITE_OK && writing_->total_bytes() > bytes_max_) {
      code = writing_->trim(bytes_max_, new_times_);
      all_changed = true;
    }
    if (code == SQLITE_OK) code = writing_->commit();
    std::optional<Error> error;
    if (code != SQLITE_OK) {
      error = Error{"ServiceUnavailableException", "The log store cannot be written: " + writing_->error()};
      log_error("logs: {}", error->message);
      writing_->rollback();
    } else {
      writing_->shrink();
    }
    lock.lock();
    busy_ = false;
    done_ = batch.back().number;
    if (!error) {
      if (all_changed) times_ = new_times_;
      for (const Operation& operation : batch) {
        if (all_changed) break;
        const std::pair key(operation.group, operation.stream);
        if (const auto found = new_times_.find(key); found != new_times_.end()) times_[key] = found->second;
      }
      return;
    }
    new_times_ = times_;
    for (const Operation& operation : batch) {
      if (operation.durability == LogDurability::acknowledged) {
        failed_.emplace(operation.number, *error);
        if (failed_.size() > kFailuresMax) failed_.erase(failed_.begin());
      } else {
        dropped_ += operation.events.size();
      }
    }
  }

  int apply(const Operation& operation) {
    switch (operation.kind) {
      case Operation::append:
        return writing_->append(operation.group, operation.stream, operation.events, operation.at_ms, new_times_);
      case Operation::delete_stream:
        new_times_.erase({operation.group, operation.stream});
        return writing_->delete_stream(operation.group, operation.stream);
      case Operation::delete_group:
        std::erase_if(new_times_, [&](const auto& entry) { return entry.first.first == operation.group; });
        return writing_->delete_group(operation.group);
      case Operation::expire: return writing_->expire(operation.group, operation.at_ms, new_times_);
    }
    return SQLITE_ERROR;
  }

  std::unique_ptr<LogDatabase> writing_, reading_;  ///< reading_: none in memory
  const std::int64_t bytes_max_;
  std::function<void()> report_;
  LogTimes new_times_;  ///< with what is not committed yet; the thread's own

  mutable std::mutex mutex_;
  std::condition_variable work_, idle_;
  std::deque<Operation> queue_;
  LogTimes times_;
  Number last_ = 0, promised_ = 0, done_ = 0;
  std::map<Number, Error> failed_;
  std::uint64_t dropped_ = 0;
  bool busy_ = false, stopping_ = false;
  std::thread thread_;
};

LogStore::LogStore(LogStoreOptions options)
    : options_(std::move(options)), self_(std::make_shared<LogStore*>(this)) {}

LogStore::~LogStore() {
  self_.reset();
  worker_.reset();
}

Result<std::unique_ptr<LogStore>> LogStore::open(const std::filesystem::path& directory, LogStoreOptions options) {
  TRY(std::unique_ptr<LogDatabase> writing, LogDatabase::open(directory / "logs.db", true));
  TRY(std::unique_ptr<LogDatabase> reading, LogDatabase::open(directory / "logs.db", false));
  std::unique_ptr<LogStore> store(new LogStore(std::move(options)));
  auto report = [post = store->options_.post, self = std::weak_ptr(store->self_)] {
    if (!post) return;
    post([self] {
      if (const auto store = self.lock()) (*store)->settle();
    });
  };
  store->worker_ = std::make_unique<Worker>(std::move(writing), std::move(reading), store->options_.bytes_max,
                                            std::move(report));
  return store;
}

std::unique_ptr<LogStore> LogStore::in_memory() {
  auto database = LogDatabase::open({}, true);
  if (!database) return nullptr;
  std::unique_ptr<LogStore> store(new LogStore({}));
  store->worker_ = std::make_unique<Worker>(std::move(*database), nullptr, store->options_.bytes_max, [] {});
  return store;
}

LogStore::Number LogStore::append(const std::string& group, const std::string& stream, std::vector<LogEvent> events,
                                  Instant now, LogDurability durability) {
  return worker_->submit({.group = group, .stream = stream, .events = std::move(events), .at_ms = to_ms(now),
                          .durability = durability});
}
void LogStore::delete_stream(const std::string& group, const std::string& stream) {
  worker_->submit({.kind = Worker::Operation::delete_stream, .group = group, .stream = stream});
}
void LogStore::delete_group(const std::string& group) {
  worker_->submit({.kind = Worker::Operation::delete_group, .group = group});
}
void LogStore::expire(const std::string& group, Instant before) {
  worker_->submit({.kind = Worker::Operation::expire, .group = group, .at_ms = to_ms(before)});
}

LogStore::Number LogStore::last_promised() const { return worker_->promised(); }

void LogStore::when_durable(Number number, std::function<void(Result<void>)> then) {
  waiting_.emplace(number, std::move(then));
  settle();
}

void LogStore::flush() {
  worker_->wait_until_idle();
  settle();
}

void LogStore::settle() {
  Worker::Progress progress = worker_->take_progress();
  std::vector<std::pair<std::function<void(Result<void>)>, Result<void>>> calls;
  while (!waiting_.empty() && waiting_.begin()->first <= progress.done) {
    const auto failed = progress.failed.find(waiting_.begin()->first);
    calls.emplace_back(std::move(waiting_.begin()->second),
                       failed == progress.failed.end() ? Result<void>() : tl::unexpected(failed->second));
    waiting_.erase(waiting_.begin());
  }
  for (auto& [call, result] : calls) call(std::move(result));
}

LogPage LogStore::read(const LogRead& query) const { return worker_->read(query); }

std::optional<LogStreamTimes> LogStore::times(const std::string& group, const std::string& stream) const {
  return worker_->with_times([&](const LogTimes& times) -> std::optional<LogStreamTimes> {
    const auto found = times.find({group, stream});
    return found == times.end() ? std::nullopt : std::optional(found->second);
  });
}

std::int64_t LogStore::stored_bytes(const std::string& group) const {
  return worker_->with_times([&](const LogTimes& times) {
    std::int64_t bytes = 0;
    for (auto entry = times.lower_bound({group, ""}); entry != times.end() && entry->first.first == group; ++entry) {
      bytes += entry->second.bytes;
    }
    return bytes;
  });
}

std::uint64_t LogStore::dropped_events() const { return worker_->dropped(); }

}  // namespace state

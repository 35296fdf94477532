#include "state/metric_store.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/log.h"
#include "state/metric_database.h"
#include "state/metric_series.h"

namespace state {

namespace {

constexpr Duration kInMemory = hours(3);     // at most; less when points_in_memory forbids it
constexpr Duration kLoadedAtStart = hours(1);
constexpr Duration kAgingEvery = minutes(5);
constexpr Duration kNamesKept = hours(24 * 15);
constexpr std::size_t kQueueMax = 1'000'000;  // rows that wait for a slow disk; further ones are dropped

struct HashMetric {
  std::size_t operator()(const model::MetricName& metric) const {
    const std::hash<std::string> text;
    std::size_t hash = text(metric.space) * 31 + text(metric.name);
    for (const auto& [name, value] : metric.dimensions) hash = (hash * 31 + text(name)) * 31 + text(value);
    return hash;
  }
};
struct SameMetric {
  bool operator()(const model::MetricName& a, const model::MetricName& b) const {
    return a.name == b.name && a.dimensions == b.dimensions && a.space == b.space;
  }
};

/// Names as rows: namespace, name, then dimensions, each with its length before it.
std::string encode(const model::MetricName& metric) {
  std::string text;
  const auto add = [&](const std::string& part) { text += std::to_string(part.size()) + ":" + part; };
  add(metric.space);
  add(metric.name);
  for (const auto& [name, value] : metric.dimensions) {
    add(name);
    add(value);
  }
  return text;
}
model::MetricName decode(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    std::size_t length = 0, at = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') length = length * 10 + static_cast<std::size_t>(text[at++] - '0');
    if (at >= text.size() || text.size() - at - 1 < length) break;
    parts.emplace_back(text.substr(at + 1, length));
    text.remove_prefix(at + 1 + length);
  }
  model::MetricName metric;
  if (parts.size() < 2) return metric;
  metric.space = parts[0];
  metric.name = parts[1];
  for (std::size_t i = 2; i + 1 < parts.size(); i += 2) metric.dimensions.emplace(parts[i], parts[i + 1]);
  return metric;
}

/// The queue and the thread that works it off.
class MetricWriter {
 public:
  struct Batch {
    std::vector<std::tuple<std::int64_t, std::string, std::int64_t>> names;  ///< id, name, newest
    std::vector<MetricRow> rows;
    std::optional<std::int64_t> age_ms;
    bool clear = false;
  };

  MetricWriter(std::unique_ptr<MetricDatabase> database, std::int64_t bytes_max)
      : database_(std::move(database)), bytes_max_(bytes_max), thread_([this] { run(); }) {}
  ~MetricWriter() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_one();
    thread_.join();
  }

  /// When much waits already the rows are dropped, but no name: see names_.
  void submit(Batch batch) {
    {
      const std::lock_guard lock(mutex_);
      if (rows_queued_ + batch.rows.size() > kQueueMax) dropped_ += std::exchange(batch.rows, {}).size();
      rows_queued_ += batch.rows.size();
      queue_.push_back(std::move(batch));
    }
    work_.notify_one();
  }
  void wait_until_idle() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return queue_.empty() && !busy_; });
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
      const Batch batch = std::move(queue_.front());
      queue_.pop_front();
      rows_queued_ -= batch.rows.size();
      busy_ = true;
      lock.unlock();
      const bool written = work_off(batch);
      lock.lock();
      busy_ = false;
      if (!written) dropped_ += batch.rows.size();
      if (queue_.empty()) idle_.notify_all();
    }
  }

  /// One transaction. The rows that a full disk refuses are lost: the engine goes on, and counts them.
  bool work_off(const Batch& batch) {
    if (batch.clear) names_.clear();
    for (const auto& [id, text, last_ms] : batch.names) names_[id] = {text, last_ms};
    int code = database_->begin();
    if (code == SQLITE_OK && batch.clear) code = database_->clear();
    for (const auto& [id, name] : names_) {
      if (code == SQLITE_OK) code = database_->name(id, name.first, name.second);
    }
    for (const MetricRow& row : batch.rows) {
      if (code == SQLITE_OK) code = database_->write(row);
    }
    if (code == SQLITE_OK && batch.age_ms) code = database_->age(*batch.age_ms);
    if (code == SQLITE_OK && batch.age_ms) code = database_->trim(bytes_max_);
    if (code == SQLITE_OK) code = database_->commit();
    if (code == SQLITE_OK) {
      failing_ = false;
      names_.clear();
      return true;
    }
    if (!std::exchange(failing_, true)) log_error("metrics: the store cannot be written: {}", database_->error());
    database_->rollback();
    if (batch.clear || batch.age_ms) make_room(batch);
    return false;
  }
  /// Deleting may succeed where adding did not.
  void make_room(const Batch& batch) {
    int code = database_->begin();
    if (code == SQLITE_OK && batch.clear) code = database_->clear();
    if (code == SQLITE_OK && batch.age_ms) code = database_->trim(bytes_max_);
    if (code == SQLITE_OK) code = database_->commit();
    if (code != SQLITE_OK) database_->rollback();
  }

  std::unique_ptr<MetricDatabase> database_;
  const std::int64_t bytes_max_;
  bool failing_ = false;  ///< said already
  // Not on the disk yet, and sent with each batch until they are: rows without a name are nobody's after a restart.
  std::map<std::int64_t, std::pair<std::string, std::int64_t>> names_;  ///< id -> name, newest; the thread's own

  mutable std::mutex mutex_;
  std::condition_variable work_, idle_;
  std::deque<Batch> queue_;
  std::size_t rows_queued_ = 0;
  std::uint64_t dropped_ = 0;
  bool busy_ = false, stopping_ = false;
  std::thread thread_;
};

class BoundedStore final : public MetricStore {
 public:
  BoundedStore(std::unique_ptr<MetricDatabase> writing, std::unique_ptr<MetricDatabase> reading, Instant now,
        const MetricStoreOptions& options)
      : options_(options), reading_(std::move(reading)) {
    if (!reading_) return;
    load(now);
    writer_ = std::make_unique<MetricWriter>(std::move(writing), options.bytes_max);
  }

  void put(const model::MetricName& metric, model::Datapoint point) override {
    if (point.sample_count <= 0) return;
    auto found = series_.find(metric);
    if (found == series_.end()) {
      if (series_.size() >= options_.metrics_max) {
        ++refused_;
        return;
      }
      found = series_.emplace(metric, MetricSeries()).first;
      found->second.id = ++last_id_;
    }
    MetricSeries& series = found->second;
    if (point.at < memory_from_) {  // the disk alone has that time
      series.last = std::max(series.last, point.at);
      late_.push_back({series.id, std::move(point), true});
      if (!series.named) unwritten_.push_back(&*found);
      return;
    }
    const std::size_t before = series.size();
    if (series.put(std::move(point)) && writer_) unwritten_.push_back(&*found);
    points_ += series.size() - before;
  }

  std::vector<MetricBucket> read(const MetricRead& query) const override {
    BucketMaker buckets(query);
    const MetricSeries* series = find(query);
    if (!series || query.period <= Duration(0) || query.end <= query.start) return buckets.take();
    if (query.start < memory_from_ && reading_) {
      if (!late_.empty()) send({});
      if (std::exchange(unread_, false)) writer_->wait_until_idle();
      reading_->read(series->id, to_ms(query.start), to_ms(std::min(query.end, memory_from_)),
                     [&](std::int64_t, const model::Datapoint& point) { buckets.add(point); });
    }
    series->each(std::max(query.start, memory_from_), query.end, [&](const model::Datapoint& point) { buckets.add(point); });
    return buckets.take();
  }

  std::vector<model::MetricName> list(Instant since) const override {
    std::vector<model::MetricName> names;
    for (const auto& [name, series] : series_) {
      if (series.last >= since) names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
  }

  std::optional<model::Datapoint> newest(const model::MetricName& metric) const override {
    const auto found = series_.find(metric);
    const model::Datapoint* point = found == series_.end() ? nullptr : found->second.newest();
    return point ? std::optional(*point) : std::nullopt;
  }

  void flush(Instant now) override {
    if (!writer_) return;
    const bool ages = now - aged_at_ >= kAgingEvery;
    if (ages || points_ > options_.points_in_memory) forget_old(now);
    std::optional<std::int64_t> age_ms;
    if (ages) {
      aged_at_ = now;
      age_ms = to_ms(now);
      send({});
      ++forgettings_;
      std::erase_if(series_, [&](const auto& entry) {
        return entry.second.size() == 0 && entry.second.last < now - kNamesKept;
      });
    }
    if (unwritten_.empty() && late_.empty() && !age_ms) return;
    send(age_ms);
  }

  void wait_until_written() const override {
    if (writer_) writer_->wait_until_idle();
  }

  void clear() override {
    ++forgettings_;
    series_.clear();
    unwritten_.clear();
    late_.clear();
    points_ = 0;
    if (writer_) writer_->submit({.clear = true});
  }

  std::uint64_t dropped() const override { return refused_ + (writer_ ? writer_->dropped() : 0); }

 private:
  using Names = std::unordered_map<model::MetricName, MetricSeries, HashMetric, SameMetric>;

  const MetricSeries* find(const MetricRead& query) const {
    if (query.place && query.place->series && query.place->forgettings == forgettings_) return query.place->series;
    const auto found = series_.find(query.metric);
    const MetricSeries* series = found == series_.end() ? nullptr : &found->second;
    if (query.place) *query.place = {series, forgettings_};
    return series;
  }

  void load(Instant now) {
    last_id_ = reading_->last_series();
    std::map<std::int64_t, MetricSeries*> by_id;
    reading_->names([&](std::int64_t id, std::string_view text, std::int64_t last_ms) {
      MetricSeries& series = series_[decode(text)];
      series.id = id;
      series.named = true;
      series.last = series.named_last = instant_from_ms(last_ms);
      by_id[id] = &series;
    });
    memory_from_ = instant_from_ms((to_ms(now - kLoadedAtStart)) / 3'600'000 * 3'600'000);
    reading_->recent(to_ms(memory_from_), [&](std::int64_t id, model::Datapoint point) {
      if (const auto found = by_id.find(id); found != by_id.end()) {
        found->second->put(std::move(point), true);
        ++points_;
      }
    });
  }

  void send(std::optional<std::int64_t> age_ms) const {
    MetricWriter::Batch batch{.age_ms = age_ms};
    for (Names::value_type* entry : std::exchange(unwritten_, {})) {
      MetricSeries& series = entry->second;
      // When its last datapoint came matters to the hour: it decides when the name may go.
      if (!std::exchange(series.named, true) || series.last - series.named_last >= hours(1)) {
        batch.names.emplace_back(series.id, encode(entry->first), to_ms(series.last));
        series.named_last = series.last;
      }
      series.take_unwritten([&](const model::Datapoint& point) { batch.rows.push_back({series.id, point, false}); });
    }
    unread_ = unread_ || !late_.empty();
    std::ranges::move(std::exchange(late_, {}), std::back_inserter(batch.rows));
    writer_->submit(std::move(batch));
  }

  /// Memory keeps the last hours, and fewer when there is more than it may hold.
  void forget_old(Instant now) {
    Duration kept = kInMemory;
    for (int halving = 0; halving < 5; ++halving) {
      const Instant from = now - kept;
      if (from > memory_from_) {
        send({});  // what is let go of must be on its way to the disk
        for (auto& [name, series] : series_) points_ -= series.forget(from);
        memory_from_ = from;
        unread_ = true;
      }
      if (points_ <= options_.points_in_memory) return;
      kept /= 2;
    }
  }

  MetricStoreOptions options_;
  std::unique_ptr<MetricDatabase> reading_;  ///< none in memory
  Names series_;
  std::uint64_t forgettings_ = 0;
  // What the disk's thread has still to get; a read of old times hands it over and waits.
  mutable std::vector<Names::value_type*> unwritten_;
  mutable std::vector<MetricRow> late_;
  mutable bool unread_ = false;  ///< something of before memory_from_ may still wait to be written
  std::int64_t last_id_ = 0;
  std::size_t points_ = 0;
  std::uint64_t refused_ = 0;
  Instant memory_from_ = Instant::min();  ///< memory has everything from then on
  Instant aged_at_{};
  std::unique_ptr<MetricWriter> writer_;  ///< last: its thread ends first
};

}  // namespace

Result<std::unique_ptr<MetricStore>> MetricStore::open(const std::filesystem::path& directory, Instant now,
                                                       MetricStoreOptions options) {
  TRY(std::unique_ptr<MetricDatabase> writing, MetricDatabase::open(directory / "metrics.db", true));
  TRY(std::unique_ptr<MetricDatabase> reading, MetricDatabase::open(directory / "metrics.db", false));
  return std::make_unique<BoundedStore>(std::move(writing), std::move(reading), now, options);
}

std::unique_ptr<MetricStore> MetricStore::in_memory() {
  return std::make_unique<BoundedStore>(nullptr, nullptr, Instant{}, MetricStoreOptions{});
}

}  // namespace state

// metrics.db: the SQL of the metric store. One object is one connection: the store's thread writes through one, its owner
// reads through another. Only metric_store.cpp uses it.
//
// Datapoints younger than three hours stand as they came, in hours; older ones a minute each, in days. So what one metric
// did lies together, and what is too old goes by the hour or day.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "state/database.h"
#include "state/metric_store.h"

namespace state {

struct MetricRow {
  std::int64_t series = 0;
  model::Datapoint point;
  bool adds = false;  ///< to what the disk has for that time, which memory no longer has; else it replaces that
};

class MetricDatabase {
 public:
  struct Table;
  static Result<std::unique_ptr<MetricDatabase>> open(const std::filesystem::path& file, bool writes);
  MetricDatabase(const MetricDatabase&) = delete;
  MetricDatabase& operator=(const MetricDatabase&) = delete;

  int begin() { return execute(connection_.get(), "BEGIN IMMEDIATE"); }
  int commit() { return execute(connection_.get(), "COMMIT"); }
  void rollback();
  std::string error() const { return sqlite3_errmsg(connection_.get()); }

  int name(std::int64_t series, const std::string& text, std::int64_t last_ms);
  int write(const MetricRow& row);
  /// Hours that are older than the fine ones' time become minutes; days beyond the last go, and metrics with them.
  int age(std::int64_t now_ms);
  /// Drops the oldest until the file holds at most bytes_max.
  int trim(std::int64_t bytes_max);
  int clear();

  using TakeName = std::function<void(std::int64_t series, std::string_view text, std::int64_t last_ms)>;
  void names(const TakeName& take);
  using TakePoint = std::function<void(std::int64_t series, model::Datapoint point)>;
  /// The highest id in use: by a name, or by datapoints whose name is gone.
  std::int64_t last_series();
  /// Of all metrics, as they came; from the hour of `since_ms` on.
  void recent(std::int64_t since_ms, const TakePoint& take);
  /// Of one metric in [start, end), in order of time.
  void read(std::int64_t series, std::int64_t start_ms, std::int64_t end_ms, const TakePoint& take);

 private:
  explicit MetricDatabase(Connection connection) : connection_(std::move(connection)) {}
  int put(const Table& table, std::int64_t series, const model::Datapoint& point);
  int add(const Table& table, std::int64_t series, model::Datapoint point);
  void read(const Table& table, std::int64_t series, std::int64_t start_ms, std::int64_t end_ms, const TakePoint& take);
  int make_minutes(std::int64_t hour);
  int drop_oldest();
  int run(std::string_view sql, std::initializer_list<std::int64_t> numbers);
  Statement& prepared(std::string_view sql);

  Connection connection_;
  std::map<std::string, Statement, std::less<>> statements_;
  std::int64_t fine_from_ = 0;  ///< the first hour that is kept as it came
};

}  // namespace state

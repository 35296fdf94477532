#include "state/metric_database.h"

#include <algorithm>
#include <cstring>

#include "state/metric_series.h"

namespace state {

namespace {

constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr std::int64_t kFineHours = 3;
constexpr std::int64_t kDays = 15;
constexpr int kSchemaVersion = 1;

constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS metrics (id INTEGER PRIMARY KEY, name TEXT NOT NULL, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS fine (part INTEGER, metric INTEGER, time INTEGER, unit TEXT, samples REAL, sum REAL,
  least REAL, most REAL, samples_by_value BLOB, PRIMARY KEY (part, metric, time, unit)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS minutes (part INTEGER, metric INTEGER, time INTEGER, unit TEXT, samples REAL, sum REAL,
  least REAL, most REAL, samples_by_value BLOB, PRIMARY KEY (part, metric, time, unit)) WITHOUT ROWID;
)";

int outcome(int code) { return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code; }

using Values = std::vector<std::pair<double, double>>;
static_assert(sizeof(Values::value_type) == 2 * sizeof(double));

std::string_view bytes_of(const Values& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Values::value_type)};
}

Values values_of(std::string_view bytes) {
  Values values(bytes.size() / sizeof(Values::value_type));
  for (std::size_t i = 0; i < values.size(); ++i) {
    double pair[2];
    std::memcpy(pair, bytes.data() + i * sizeof pair, sizeof pair);
    values[i] = {pair[0], pair[1]};
  }
  return values;
}

/// Columns from `first` on: time, unit, samples, sum, least, most, samples_by_value.
model::Datapoint point_of(const Statement& row, int first) {
  return {.at = instant_from_ms(row.number(first)),
          .sample_count = row.real(first + 2),
          .sum = row.real(first + 3),
          .minimum = row.real(first + 4),
          .maximum = row.real(first + 5),
          .values = values_of(row.blob(first + 6)),
          .unit = std::string(row.text(first + 1))};
}

}  // namespace

struct MetricDatabase::Table {
  const char* name;
  std::int64_t part_length;  ///< rows of one hour or day stand together
  bool minutes = false;
};

namespace {
constexpr MetricDatabase::Table kFine{"fine", kHour};
constexpr MetricDatabase::Table kMinutes{"minutes", kDay, true};
}  // namespace

Result<std::unique_ptr<MetricDatabase>> MetricDatabase::open(const std::filesystem::path& file, bool writes) {
  TRY(Connection connection, open_database({.file = file,
                                            .what = "the metric store",
                                            .full_sync = false,
                                            .exclusive = false,
                                            .schema_version = kSchemaVersion}));
  std::unique_ptr<MetricDatabase> database(new MetricDatabase(std::move(connection)));
  if (writes && execute(database->connection_.get(), kSchema) != SQLITE_OK) {
    return fail("StateUnusable", describe(database->connection_.get(), "the metric store cannot be set up"));
  }
  return database;
}

Statement& MetricDatabase::prepared(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) {
    found->second.reset();
    return found->second;
  }
  return statements_.emplace(std::string(sql), Statement(connection_.get(), sql, true)).first->second;
}

int MetricDatabase::run(std::string_view sql, std::initializer_list<std::int64_t> numbers) {
  Statement& statement = prepared(sql);
  int index = 0;
  for (const std::int64_t number : numbers) statement.bind(++index, number);
  const int code = statement.step();
  statement.reset();
  return outcome(code);
}

void MetricDatabase::rollback() {
  if (sqlite3_get_autocommit(connection_.get()) == 0) execute(connection_.get(), "ROLLBACK");
}

int MetricDatabase::name(std::int64_t series, const std::string& text, std::int64_t last_ms) {
  Statement& insert = prepared(
      "INSERT INTO metrics (id, name, last) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET last = max(last, ?3)");
  insert.bind(1, series);
  insert.bind(2, text);
  insert.bind(3, last_ms);
  const int code = insert.step();
  insert.reset();
  return outcome(code);
}

int MetricDatabase::write(const MetricRow& row) {
  const std::int64_t time = to_ms(row.point.at);
  if (time / kHour >= fine_from_) {
    return row.adds ? add(kFine, row.series, row.point) : put(kFine, row.series, row.point);
  }
  model::Datapoint point = row.point;
  point.at = instant_from_ms(time / kMinute * kMinute);
  return add(kMinutes, row.series, std::move(point));
}

int MetricDatabase::put(const Table& table, std::int64_t series, const model::Datapoint& point) {
  Statement& insert = prepared(std::string("INSERT OR REPLACE INTO ") + table.name +
                               " (part, metric, time, unit, samples, sum, least, most, samples_by_value) "
                               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, to_ms(point.at) / table.part_length);
  insert.bind(2, series);
  insert.bind(3, to_ms(point.at));
  insert.bind(4, point.unit);
  insert.bind_real(5, point.sample_count);
  insert.bind_real(6, point.sum);
  insert.bind_real(7, point.minimum);
  insert.bind_real(8, point.maximum);
  insert.bind_blob(9, bytes_of(point.values));
  const int code = insert.step();
  insert.reset();
  return outcome(code);
}

int MetricDatabase::add(const Table& table, std::int64_t series, model::Datapoint point) {
  Statement& find = prepared(std::string("SELECT time, unit, samples, sum, least, most, samples_by_value FROM ") +
                             table.name + " WHERE part = ? AND metric = ? AND time = ? AND unit = ?");
  find.bind(1, to_ms(point.at) / table.part_length);
  find.bind(2, series);
  find.bind(3, to_ms(point.at));
  find.bind(4, point.unit);
  if (find.step() == SQLITE_ROW) {
    model::Datapoint present = point_of(find, 0);
    merge(present, point);
    point = std::move(present);
  }
  find.reset();
  return put(table, series, point);
}

int MetricDatabase::make_minutes(std::int64_t hour) {
  std::vector<std::pair<std::int64_t, model::Datapoint>> points;
  Statement& all = prepared(
      "SELECT metric, time, unit, samples, sum, least, most, samples_by_value FROM fine WHERE part = ?");
  all.bind(1, hour);
  while (all.step() == SQLITE_ROW) {
    model::Datapoint point = point_of(all, 1);
    point.at = instant_from_ms(to_ms(point.at) / kMinute * kMinute);
    // In order of metric and time: what belongs together follows each other, but for the units between.
    bool merged = false;
    for (auto last = points.rbegin(); last != points.rend(); ++last) {
      if (last->first != all.number(0) || last->second.at != point.at) break;
      if (last->second.unit != point.unit) continue;
      merge(last->second, point);
      merged = true;
      break;
    }
    if (!merged) points.emplace_back(all.number(0), std::move(point));
  }
  all.reset();
  for (auto& [series, point] : points) {
    if (const int code = add(kMinutes, series, std::move(point)); code != SQLITE_OK) return code;
  }
  return run("DELETE FROM fine WHERE part = ?", {hour});
}

int MetricDatabase::age(std::int64_t now_ms) {
  fine_from_ = std::max(fine_from_, now_ms / kHour - kFineHours);
  for (;;) {
    const std::int64_t oldest = query_number(connection_.get(), "SELECT coalesce(min(part), -1) FROM fine");
    if (oldest < 0 || oldest >= fine_from_) break;
    if (const int code = make_minutes(oldest); code != SQLITE_OK) return code;
  }
  const std::int64_t last = now_ms - kDays * kDay;
  const int code = run("DELETE FROM minutes WHERE part < ?", {last / kDay});
  return code == SQLITE_OK ? run("DELETE FROM metrics WHERE last < ?", {last}) : code;
}

int MetricDatabase::drop_oldest() {
  const std::int64_t day = query_number(connection_.get(), "SELECT coalesce(min(part), -1) FROM minutes");
  if (day >= 0) return run("DELETE FROM minutes WHERE part = ?", {day});
  return execute(connection_.get(), "DELETE FROM fine WHERE part = (SELECT min(part) FROM fine)");
}

int MetricDatabase::trim(std::int64_t bytes_max) {
  const auto used = [this] {
    return (query_number(connection_.get(), "PRAGMA page_count") -
            query_number(connection_.get(), "PRAGMA freelist_count")) *
           query_number(connection_.get(), "PRAGMA page_size");
  };
  for (std::int64_t before = used(); before > bytes_max;) {
    if (const int code = drop_oldest(); code != SQLITE_OK) return code;
    const std::int64_t now = used();
    if (now >= before) break;  // nothing is left to drop
    before = now;
  }
  return SQLITE_OK;
}

int MetricDatabase::clear() {
  return execute(connection_.get(), "DELETE FROM fine; DELETE FROM minutes; DELETE FROM metrics");
}

void MetricDatabase::names(const TakeName& take) {
  Statement all(connection_.get(), "SELECT id, name, last FROM metrics");
  while (all.step() == SQLITE_ROW) take(all.number(0), all.text(1), all.number(2));
}

std::int64_t MetricDatabase::last_series() {
  std::int64_t last = query_number(connection_.get(), "SELECT coalesce(max(id), 0) FROM metrics");
  for (const std::string name : {kFine.name, kMinutes.name}) {
    // Part by part, which the key answers at once; over all of them every row would be read.
    const std::int64_t begin = query_number(connection_.get(), "SELECT coalesce(min(part), 0) FROM " + name);
    const std::int64_t end = query_number(connection_.get(), "SELECT coalesce(max(part), -1) FROM " + name);
    for (std::int64_t part = begin; part <= end; ++part) {
      last = std::max(last, query_number(connection_.get(), "SELECT coalesce(max(metric), 0) FROM " + name +
                                                                " WHERE part = " + std::to_string(part)));
    }
  }
  return last;
}

void MetricDatabase::recent(std::int64_t since_ms, const TakePoint& take) {
  Statement all(connection_.get(), "SELECT metric, time, unit, samples, sum, least, most, samples_by_value FROM fine "
                                   "WHERE part >= ? ORDER BY part, metric, time");
  all.bind(1, since_ms / kHour);
  while (all.step() == SQLITE_ROW) take(all.number(0), point_of(all, 1));
}

void MetricDatabase::read(std::int64_t series, std::int64_t start_ms, std::int64_t end_ms, const TakePoint& take) {
  read(kMinutes, series, start_ms, end_ms, take);
  read(kFine, series, start_ms, end_ms, take);
}

void MetricDatabase::read(const Table& table, std::int64_t series, std::int64_t start_ms, std::int64_t end_ms,
                          const TakePoint& take) {
  // Only the parts that exist: a query may ask for years.
  const std::string name(table.name);
  std::int64_t first = query_number(connection_.get(), "SELECT coalesce(min(part), 0) FROM " + name);
  std::int64_t last = query_number(connection_.get(), "SELECT coalesce(max(part), -1) FROM " + name);
  first = std::max(first, start_ms / table.part_length);
  last = std::min(last, (end_ms - 1) / table.part_length);
  for (std::int64_t part = first; part <= last; ++part) {
    Statement& rows = prepared("SELECT time, unit, samples, sum, least, most, samples_by_value FROM " + name +
                               " WHERE part = ? AND metric = ? AND time >= ? AND time < ? ORDER BY time");
    rows.bind(1, part);
    rows.bind(2, series);
    rows.bind(3, start_ms);
    rows.bind(4, end_ms);
    while (rows.step() == SQLITE_ROW) take(series, point_of(rows, 0));
    rows.reset();
  }
}

}  // namespace state

#include "state/log_database.h"

#include <algorithm>

namespace state {

namespace {
// What an event costs besides its text: rows and two index entries.
constexpr std::int64_t kEventOverhead = 80;
constexpr int kSchemaVersion = 1;

constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS log_groups (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS log_streams (id INTEGER PRIMARY KEY, log_group INTEGER NOT NULL, name TEXT NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, ingestion INTEGER NOT NULL, bytes INTEGER NOT NULL,
  UNIQUE (log_group, name));
CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, log_group INTEGER NOT NULL,
  stream INTEGER NOT NULL, time INTEGER NOT NULL, ingestion INTEGER NOT NULL, message TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS events_by_stream ON events (stream, time, id);
CREATE INDEX IF NOT EXISTS events_by_group ON events (log_group, time, id);
)";

std::int64_t cost(std::size_t message_bytes) { return static_cast<std::int64_t>(message_bytes) + kEventOverhead; }
int outcome(int code) { return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code; }
}  // namespace

Result<std::unique_ptr<LogDatabase>> LogDatabase::open(const std::filesystem::path& file, bool writes) {
  DatabaseSettings settings{.file = file.empty() ? ":memory:" : file,
                            .what = "the log store",
                            .full_sync = false,
                            .exclusive = false,
                            .schema_version = kSchemaVersion};
  TRY(Connection connection, open_database(settings));
  std::unique_ptr<LogDatabase> database(new LogDatabase(std::move(connection)));
  if (writes) {
    if (execute(database->connection_.get(), kSchema) != SQLITE_OK) {
      return fail("StateUnusable", describe(database->connection_.get(), "the log store cannot be set up"));
    }
    database->total_bytes_ = std::max<std::int64_t>(
        0, query_number(database->connection_.get(), "SELECT coalesce(sum(bytes), 0) FROM log_streams"));
  }
  return database;
}

Statement& LogDatabase::prepared(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) {
    found->second.reset();
    return found->second;
  }
  return statements_.emplace(std::string(sql), Statement(connection_.get(), sql, true)).first->second;
}

int LogDatabase::run(std::string_view sql, std::initializer_list<std::int64_t> numbers) {
  Statement& statement = prepared(sql);
  int index = 0;
  for (const std::int64_t number : numbers) statement.bind(++index, number);
  const int code = statement.step();
  statement.reset();
  return outcome(code);
}

int LogDatabase::begin(bool synced) {
  const int code = execute(connection_.get(), synced ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  return code == SQLITE_OK ? execute(connection_.get(), "BEGIN IMMEDIATE") : code;
}

int LogDatabase::commit() { return execute(connection_.get(), "COMMIT"); }

void LogDatabase::rollback() {
  if (sqlite3_get_autocommit(connection_.get()) == 0) execute(connection_.get(), "ROLLBACK");
  streams_.clear();
  groups_.clear();
  total_bytes_ = std::max<std::int64_t>(0, query_number(connection_.get(),
                                                        "SELECT coalesce(sum(bytes), 0) FROM log_streams"));
}

std::int64_t LogDatabase::group(const std::string& name, bool create) {
  if (const auto found = groups_.find(name); found != groups_.end()) return found->second;
  Statement& find = prepared("SELECT id FROM log_groups WHERE name = ?");
  find.bind(1, name);
  std::int64_t id = find.step() == SQLITE_ROW ? find.number(0) : 0;
  find.reset();
  if (id == 0 && create) {
    Statement& insert = prepared("INSERT INTO log_groups (name) VALUES (?)");
    insert.bind(1, name);
    if (insert.step() == SQLITE_DONE) id = sqlite3_last_insert_rowid(connection_.get());
    insert.reset();
  }
  if (id != 0 && create) groups_.emplace(name, id);
  return id;
}

LogDatabase::Stream LogDatabase::stream(const std::string& group_name, const std::string& name, bool create) {
  const std::pair key(group_name, name);
  if (const auto found = streams_.find(key); found != streams_.end()) return found->second;
  Stream stream{.group = group(group_name, create)};
  if (stream.group == 0) return stream;
  Statement& find = prepared("SELECT id FROM log_streams WHERE log_group = ? AND name = ?");
  find.bind(1, stream.group);
  find.bind(2, name);
  if (find.step() == SQLITE_ROW) stream.id = find.number(0);
  find.reset();
  if (stream.id == 0 && create) {
    Statement& insert = prepared("INSERT INTO log_streams (log_group, name, first, last, ingestion, bytes) "
                                 "VALUES (?, ?, 0, 0, 0, 0)");
    insert.bind(1, stream.group);
    insert.bind(2, name);
    if (insert.step() == SQLITE_DONE) stream.id = sqlite3_last_insert_rowid(connection_.get());
    insert.reset();
  }
  if (stream.id != 0 && create) streams_.emplace(key, stream);
  return stream;
}

int LogDatabase::append(const std::string& group_name, const std::string& stream_name,
                        const std::vector<LogEvent>& events, std::int64_t now_ms, LogTimes& times) {
  if (events.empty()) return SQLITE_OK;
  const Stream target = stream(group_name, stream_name, true);
  if (target.id == 0) return sqlite3_extended_errcode(connection_.get());
  LogStreamTimes& known = times[{group_name, stream_name}];
  LogStreamTimes now_known = known;
  if (known.bytes == 0) now_known.first_ms = now_known.last_ms = events.front().timestamp_ms;
  for (const LogEvent& event : events) {
    Statement& insert = prepared("INSERT INTO events (log_group, stream, time, ingestion, message) "
                                 "VALUES (?, ?, ?, ?, ?)");
    insert.bind(1, target.group);
    insert.bind(2, target.id);
    insert.bind(3, event.timestamp_ms);
    insert.bind(4, now_ms);
    insert.bind(5, event.message);
    const int code = insert.step();
    insert.reset();
    if (code != SQLITE_DONE) return code;
    now_known.first_ms = std::min(now_known.first_ms, event.timestamp_ms);
    now_known.last_ms = std::max(now_known.last_ms, event.timestamp_ms);
    now_known.bytes += cost(event.message.size());
  }
  now_known.ingestion_ms = now_ms;
  total_bytes_ += now_known.bytes - known.bytes;
  known = now_known;
  return run("UPDATE log_streams SET first = ?, last = ?, ingestion = ?, bytes = ? WHERE id = ?",
             {known.first_ms, known.last_ms, known.ingestion_ms, known.bytes, target.id});
}

int LogDatabase::delete_stream(const std::string& group_name, const std::string& name) {
  const Stream target = stream(group_name, name, false);
  streams_.erase({group_name, name});
  if (target.id == 0) return SQLITE_OK;
  Statement& find = prepared("SELECT bytes FROM log_streams WHERE id = ?");
  find.bind(1, target.id);
  if (find.step() == SQLITE_ROW) total_bytes_ -= find.number(0);
  find.reset();
  const int code = run("DELETE FROM events WHERE stream = ?", {target.id});
  return code == SQLITE_OK ? run("DELETE FROM log_streams WHERE id = ?", {target.id}) : code;
}

int LogDatabase::delete_group(const std::string& name) {
  const std::int64_t target = group(name, false);
  groups_.erase(name);
  std::erase_if(streams_, [&](const auto& entry) { return entry.first.first == name; });
  if (target == 0) return SQLITE_OK;
  Statement& find = prepared("SELECT coalesce(sum(bytes), 0) FROM log_streams WHERE log_group = ?");
  find.bind(1, target);
  if (find.step() == SQLITE_ROW) total_bytes_ -= find.number(0);
  find.reset();
  int code = run("DELETE FROM events WHERE log_group = ?", {target});
  if (code == SQLITE_OK) code = run("DELETE FROM log_streams WHERE log_group = ?", {target});
  return code == SQLITE_OK ? run("DELETE FROM log_groups WHERE id = ?", {target}) : code;
}

int LogDatabase::shorten(const std::map<std::int64_t, std::int64_t>& removed_bytes, LogTimes& times) {
  for (const auto& [stream, removed] : removed_bytes) {
    const int code = run("UPDATE log_streams SET bytes = bytes - ?2, first = coalesce((SELECT min(time) FROM events "
                         "WHERE stream = ?1), 0) WHERE id = ?1", {stream, removed});
    if (code != SQLITE_OK) return code;
    Statement& find = prepared("SELECT g.name, s.name, s.first, s.bytes FROM log_streams s JOIN log_groups g "
                               "ON g.id = s.log_group WHERE s.id = ?");
    find.bind(1, stream);
    if (find.step() == SQLITE_ROW) {
      const auto known = times.find({std::string(find.text(0)), std::string(find.text(1))});
      if (known != times.end()) {
        known->second.first_ms = find.number(2);
        known->second.bytes = find.number(3);
        if (known->second.bytes <= 0) times.erase(known);
      }
    }
    find.reset();
  }
  return SQLITE_OK;
}

int LogDatabase::expire(const std::string& group_name, std::int64_t before_ms, LogTimes& times) {
  const std::int64_t target = group(group_name, false);
  if (target == 0) return SQLITE_OK;
  std::map<std::int64_t, std::int64_t> removed;
  Statement& find = prepared("SELECT stream, sum(length(CAST(message AS BLOB)) + ?3) FROM events "
                             "WHERE log_group = ?1 AND time < ?2 GROUP BY stream");
  find.bind(1, target);
  find.bind(2, before_ms);
  find.bind(3, kEventOverhead);
  while (find.step() == SQLITE_ROW) removed.emplace(find.number(0), find.number(1));
  find.reset();
  if (removed.empty()) return SQLITE_OK;
  for (const auto& [stream, bytes] : removed) total_bytes_ -= bytes;
  const int code = run("DELETE FROM events WHERE log_group = ? AND time < ?", {target, before_ms});
  return code == SQLITE_OK ? shorten(removed, times) : code;
}

int LogDatabase::trim(std::int64_t bytes_max, LogTimes& times) {
  const std::int64_t goal = bytes_max - bytes_max / 20;
  std::int64_t last = 0;
  std::map<std::int64_t, std::int64_t> removed;
  Statement& oldest = prepared("SELECT id, stream, length(CAST(message AS BLOB)) FROM events ORDER BY id");
  while (total_bytes_ > goal && oldest.step() == SQLITE_ROW) {
    last = oldest.number(0);
    const std::int64_t bytes = cost(static_cast<std::size_t>(oldest.number(2)));
    removed[oldest.number(1)] += bytes;
    total_bytes_ -= bytes;
  }
  oldest.reset();
  const int code = run("DELETE FROM events WHERE id <= ?", {last});
  return code == SQLITE_OK ? shorten(removed, times) : code;
}

void LogDatabase::shrink() {
  if (query_number(connection_.get(), "PRAGMA freelist_count") > 1024) {
    execute(connection_.get(), "PRAGMA incremental_vacuum(512)");
  }
}

LogTimes LogDatabase::load_times() {
  LogTimes times;
  Statement all(connection_.get(), "SELECT g.name, s.name, s.first, s.last, s.ingestion, s.bytes FROM log_streams s "
                                   "JOIN log_groups g ON g.id = s.log_group WHERE s.bytes > 0");
  while (all.step() == SQLITE_ROW) {
    times[{std::string(all.text(0)), std::string(all.text(1))}] = {all.number(2), all.number(3), all.number(4),
                                                                  all.number(5)};
  }
  return times;
}

LogPage LogDatabase::read(const LogRead& query) {
  LogPage page;
  const std::int64_t group_id = group(query.group, false);
  if (group_id == 0 || query.start_ms >= query.end_ms) return page;

  std::map<std::int64_t, std::string> names;  // the streams wanted
  Statement& list = prepared("SELECT id, name FROM log_streams WHERE log_group = ?");
  list.bind(1, group_id);
  while (list.step() == SQLITE_ROW) {
    const std::string_view name = list.text(1);
    const bool wanted = query.streams.empty()
                            ? name.starts_with(query.stream_prefix)
                            : std::find(query.streams.begin(), query.streams.end(), name) != query.streams.end();
    if (wanted) names.emplace(list.number(0), std::string(name));
  }
  list.reset();
  if (names.empty()) return page;

  std::string sql = "SELECT id, stream, time, ingestion, message FROM events WHERE ";
  const bool one = names.size() == 1;
  sql += one ? "stream = ?1" : "log_group = ?1";
  sql += " AND time >= ?2 AND time < ?3 AND (time, id) > (?4, ?5) AND (time, id) < (?6, ?7)";
  sql += query.backward ? " ORDER BY time DESC, id DESC" : " ORDER BY time, id";
  // A row value bounds the index scan by its first column only from the side that is tighter, so narrow the plain
  // bounds as well.
  constexpr LogPosition kFirst{std::numeric_limits<std::int64_t>::min(), 0};
  constexpr LogPosition kLast{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()};
  const LogPosition after = query.after.value_or(kFirst), before = query.before.value_or(kLast);
  const std::int64_t start = std::max(query.start_ms, after.timestamp_ms);
  const std::int64_t end = before.timestamp_ms < query.end_ms ? before.timestamp_ms + 1 : query.end_ms;

  Statement& rows = prepared(sql);
  rows.bind(1, one ? names.begin()->first : group_id);
  rows.bind(2, start);
  rows.bind(3, end);
  rows.bind(4, after.timestamp_ms);
  rows.bind(5, after.id);
  rows.bind(6, before.timestamp_ms);
  rows.bind(7, before.id);
  std::size_t scanned = 0, bytes = 0;
  while (rows.step() == SQLITE_ROW) {
    if (page.events.size() == query.limit || scanned == query.scan_max) {
      page.more = true;
      break;
    }
    ++scanned;
    const LogPosition position{rows.number(2), rows.number(0)};
    const auto name = names.find(rows.number(1));
    if (name == names.end()) {
      page.reached = position;
      continue;
    }
    StoredLogEvent event{position, rows.number(3), name->second, std::string(rows.text(4))};
    if (!query.accept || query.accept(event)) {
      if (!page.events.empty() && bytes + event.message.size() > query.bytes_max) {
        page.more = true;
        break;
      }
      bytes += event.message.size();
      page.events.push_back(std::move(event));
    }
    page.reached = position;
  }
  rows.reset();
  if (query.backward) std::reverse(page.events.begin(), page.events.end());
  return page;
}

}  // namespace state

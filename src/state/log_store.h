// The events of CloudWatch Logs: what tasks print and what PutLogEvents brings, in logs.db beside the state. Used by
// the logs service (reads, PutLogEvents) and by the engine (task output), on the owner thread.
//
// Appends and deletions are queued and done in order by a thread of its own; reads see what has been done. Task output
// is not synced (kill -9 loses none of it, power loss the last moment); an acknowledged append is, and its answer waits
// with when_durable(). Beyond bytes_max the oldest events go. Groups and streams themselves are records of State.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace state {

struct LogEvent {
  std::int64_t timestamp_ms = 0;
  std::string message;
};

/// Where an event stands: in order of time, then of arrival.
struct LogPosition {
  std::int64_t timestamp_ms = 0, id = 0;
  auto operator<=>(const LogPosition&) const = default;
};

struct StoredLogEvent {
  LogPosition position;  ///< its id is unique in the store
  std::int64_t ingestion_ms = 0;
  std::string stream, message;
};

struct LogRead {
  std::string group;
  std::vector<std::string> streams;  ///< none: all of the group
  std::string stream_prefix;
  std::int64_t start_ms = std::numeric_limits<std::int64_t>::min();  ///< included
  std::int64_t end_ms = std::numeric_limits<std::int64_t>::max();    ///< not included
  std::optional<LogPosition> after, before;                          ///< neither is included
  bool backward = false;  ///< the newest that fit, instead of the oldest; the answer is in order of time either way
  std::size_t limit = 10'000;
  std::size_t bytes_max = 1 << 20;
  std::size_t scan_max = 50'000;  ///< events looked at, so that a read stays short
  std::function<bool(const StoredLogEvent&)> accept;
};

struct LogPage {
  std::vector<StoredLogEvent> events;
  std::optional<LogPosition> reached;  ///< the last event looked at, accepted or not: read on after (before) it
  bool more = false;
};

struct LogStreamTimes {
  std::int64_t first_ms = 0, last_ms = 0, ingestion_ms = 0;
  std::int64_t bytes = 0;
};

enum class LogDurability { task_output, acknowledged };

struct LogStoreOptions {
  std::function<void(std::function<void()>)> post;  ///< as StoreOptions::post
  std::int64_t bytes_max = 256 << 20;
};

class LogStore {
 public:
  using Number = std::uint64_t;

  static Result<std::unique_ptr<LogStore>> open(const std::filesystem::path& directory, LogStoreOptions options = {});
  /// For tests and the simulator: appends are done at once.
  static std::unique_ptr<LogStore> in_memory();
  ~LogStore();
  LogStore(const LogStore&) = delete;
  LogStore& operator=(const LogStore&) = delete;

  Number append(const std::string& group, const std::string& stream, std::vector<LogEvent> events, Instant now,
                LogDurability durability);
  void delete_stream(const std::string& group, const std::string& stream);
  void delete_group(const std::string& group);
  /// Retention: drops the group's events from before.
  void expire(const std::string& group, Instant before);

  /// The last acknowledged append; an answer waits for it: when_durable(last_promised(), …).
  Number last_promised() const;
  /// On the owner thread; at once if already durable.
  void when_durable(Number number, std::function<void(Result<void>)> then);
  /// Blocks until the queue is empty, and calls who waits. Shutdown and tests.
  void flush();

  LogPage read(const LogRead& query) const;
  /// Nothing when the stream has no events.
  std::optional<LogStreamTimes> times(const std::string& group, const std::string& stream) const;
  /// Of all streams of the group.
  std::int64_t stored_bytes(const std::string& group) const;
  /// Task output that was not stored because the disk was full.
  std::uint64_t dropped_events() const;

 private:
  class Worker;
  explicit LogStore(LogStoreOptions options);
  void settle();

  LogStoreOptions options_;
  std::unique_ptr<Worker> worker_;
  std::multimap<Number, std::function<void(Result<void>)>> waiting_;
  std::shared_ptr<LogStore*> self_;
};

}  // namespace state

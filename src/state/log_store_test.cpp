#include <doctest/doctest.h>
#include <sqlite3.h>

#include <atomic>

#include "state/log_store.h"

#include "state/temporary_directory_test.h"

using state::LogDurability;
using state::LogEvent;
using state::LogStore;

namespace {
std::vector<LogEvent> lines(std::int64_t from_ms, int count) {
  std::vector<LogEvent> events;
  for (int i = 0; i < count; ++i) events.push_back({from_ms + i, "line " + std::to_string(from_ms + i)});
  return events;
}

std::string text(const state::LogPage& page) {
  std::string all;
  for (const auto& event : page.events) all += (all.empty() ? "" : ",") + event.message.substr(5);
  return all;
}
}  // namespace

TEST_CASE("events are read in order of time, by stream, by group, by window, from either end") {
  const auto logs = LogStore::in_memory();
  logs->append("g", "a", lines(10, 3), instant_from_ms(50), LogDurability::task_output);
  logs->append("g", "b", lines(11, 1), instant_from_ms(51), LogDurability::task_output);
  logs->append("other", "a", lines(11, 1), instant_from_ms(52), LogDurability::task_output);
  CHECK(text(logs->read({.group = "g", .streams = {"a"}})) == "10,11,12");
  CHECK(text(logs->read({.group = "g"})) == "10,11,11,12");
  CHECK(text(logs->read({.group = "g", .stream_prefix = "b"})) == "11");
  CHECK(text(logs->read({.group = "g", .start_ms = 11, .end_ms = 12})) == "11,11");
  CHECK(text(logs->read({.group = "g", .backward = true, .limit = 2})) == "11,12");
  CHECK(text(logs->read({.group = "none"})).empty());
  CHECK(text(logs->read({.group = "g", .streams = {"none"}})).empty());
  CHECK(logs->times("g", "a")->first_ms == 10);
  CHECK(logs->times("g", "a")->last_ms == 12);
  CHECK(logs->times("g", "a")->ingestion_ms == 50);
  CHECK_FALSE(logs->times("g", "c"));
}

TEST_CASE("pages follow each other without a gap or an overlap, same timestamps included, in both directions") {
  const auto logs = LogStore::in_memory();
  std::vector<LogEvent> events;
  for (int i = 0; i < 25; ++i) events.push_back({100 + i / 5, "line " + std::to_string(i)});
  logs->append("g", "a", events, instant_from_ms(50), LogDurability::task_output);
  for (const bool backward : {false, true}) {
    std::vector<std::string> seen;
    state::LogRead query{.group = "g", .streams = {"a"}, .backward = backward, .limit = 4};
    for (;;) {
      const state::LogPage page = logs->read(query);
      std::vector<std::string> messages;
      for (const auto& event : page.events) messages.push_back(event.message);
      seen.insert(backward ? seen.begin() : seen.end(), messages.begin(), messages.end());
      if (!page.more) break;
      (backward ? query.before : query.after) = page.reached;
    }
    REQUIRE(seen.size() == 25);
    for (int i = 0; i < 25; ++i) CHECK(seen[i] == "line " + std::to_string(i));
  }
}

TEST_CASE("a read that accepts little stops after scan_max and can go on from there") {
  const auto logs = LogStore::in_memory();
  logs->append("g", "a", lines(0, 100), instant_from_ms(50), LogDurability::task_output);
  state::LogRead query{.group = "g", .scan_max = 60, .accept = [](const auto& event) { return event.message == "line 99"; }};
  state::LogPage page = logs->read(query);
  CHECK(page.events.empty());
  CHECK(page.more);
  query.after = page.reached;
  page = logs->read(query);
  CHECK(text(page) == "99");
  CHECK_FALSE(page.more);
}

TEST_CASE("beyond its size the log store drops the oldest events") {
  const TemporaryDirectory directory;
  auto logs = LogStore::open(directory.path(), {.bytes_max = 100'000});
  REQUIRE(logs);
  for (int i = 0; i < 40; ++i) {
    (*logs)->append("g", i % 2 ? "a" : "b", {{i, std::string(5'000, 'x')}}, instant_from_ms(i),
                    LogDurability::task_output);
    (*logs)->flush();
  }
  CHECK((*logs)->stored_bytes("g") <= 100'000);
  CHECK((*logs)->stored_bytes("g") > 80'000);
  const auto left = (*logs)->read({.group = "g"}).events;
  CHECK(left.back().position.timestamp_ms == 39);
  CHECK(left.front().position.timestamp_ms >= 20);
  CHECK((*logs)->times("g", "b")->first_ms >= 20);
}

TEST_CASE("an acknowledged append survives a restart; deleted streams and groups, and expired events, do not") {
  const TemporaryDirectory directory;
  {
    auto logs = LogStore::open(directory.path());
    REQUIRE(logs);
    bool acknowledged = false;
    const auto number = (*logs)->append("g", "a", lines(10, 5), instant_from_ms(50), LogDurability::acknowledged);
    CHECK((*logs)->last_promised() == number);
    (*logs)->when_durable(number, [&](const Result<void>& result) { acknowledged = result.has_value(); });
    (*logs)->append("g", "b", lines(10, 5), instant_from_ms(50), LogDurability::task_output);
    (*logs)->append("h", "a", lines(10, 5), instant_from_ms(50), LogDurability::task_output);
    (*logs)->delete_stream("g", "b");
    (*logs)->delete_group("h");
    (*logs)->expire("g", instant_from_ms(12));
    (*logs)->flush();
    CHECK(acknowledged);
  }
  auto logs = LogStore::open(directory.path());
  REQUIRE(logs);
  CHECK(text((*logs)->read({.group = "g"})) == "12,13,14");
  CHECK((*logs)->times("g", "a")->first_ms == 12);
  CHECK_FALSE((*logs)->times("g", "b"));
  CHECK((*logs)->stored_bytes("h") == 0);
}

TEST_CASE("one transaction takes a few megabytes of what waits, not all of it") {
  const TemporaryDirectory directory;
  std::atomic<int> transactions = 0;
  auto logs = LogStore::open(directory.path(), {.post = [&](const std::function<void()>&) { ++transactions; }});
  REQUIRE(logs);
  sqlite3* other = nullptr;  // keeps the first transaction waiting until all is queued
  REQUIRE(sqlite3_open((directory.path() / "logs.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  for (int i = 0; i < 20; ++i) {
    (*logs)->append("g", "a", {{i, std::string(1 << 20, 'x')}}, instant_from_ms(i), LogDurability::task_output);
  }
  sqlite3_close(other);
  (*logs)->flush();
  CHECK(transactions >= 5);
  CHECK((*logs)->times("g", "a")->last_ms == 19);
}

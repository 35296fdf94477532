#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <rapidcheck.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/file.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/random.h"
#include "state/codec.h"
#include "state/store_fixture_test.h"
#include "state/temporary_directory_test.h"

using state::Store;
namespace fs = std::filesystem;

namespace {
Store::Commit write(Store& store, Items& items, const std::string& key, const std::string& value) {
  items.put({key, value});
  return store.commit();
}

std::unique_ptr<Store> open(const fs::path& directory, state::StoreOptions options = {}) {
  auto store = Store::open(directory, std::move(options));
  if (!store) FAIL(store.error().message);
  return std::move(*store);
}

Error refusal(const fs::path& directory, state::StoreOptions options = {}) {
  auto store = Store::open(directory, std::move(options));
  return store ? Error{"opened", ""} : store.error();
}

bool mentions(const Error& error, const std::string& text) { return error.message.find(text) != std::string::npos; }

void overwrite(const fs::path& file, std::streamoff offset, const std::string& bytes) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(offset);
  stream << bytes;
}
}  // namespace

TEST_CASE("any sequence of writes, commits, rollbacks and restarts equals the same on a map") {
  const bool held = rc::check([](const std::vector<std::pair<int, int>>& steps) {
    const TemporaryDirectory directory;
    auto store = open(directory.path(), {.reserve_bytes = 4096});
    auto items = std::make_unique<Items>(*store, "items");
    Contents committed, current;
    for (const auto& [action, number] : steps) {
      const std::string key = std::to_string(std::abs(number % 7));
      switch (std::abs(action % 12)) {
        case 0: case 1: case 2: case 3:
          items->put({key, std::to_string(number)});
          current[key] = std::to_string(number);
          break;
        case 4: case 5:
          RC_ASSERT(items->erase(key) == (current.erase(key) == 1));
          break;
        case 6: case 7:
          if (items->update(key, [](Item& item) { item.value += "+"; })) current.at(key) += "+";
          break;
        case 8: case 9:
          store->commit();
          committed = current;
          break;
        case 10:
          store->rollback();
          current = committed;
          break;
        case 11:
          current = committed;
          items.reset();
          store.reset();
          store = open(directory.path(), {.reserve_bytes = 4096});
          items = std::make_unique<Items>(*store, "items");
          break;
      }
      RC_ASSERT(contents(*items) == current);
    }
  });
  CHECK(held);
}

TEST_CASE("(child) writes and acknowledges until it is killed" * doctest::skip()) {
  const char* directory = std::getenv("STATE_TEST_DIRECTORY");
  if (directory == nullptr) return;
  OwnerQueue owner;
  auto store = open(directory, owner.options());
  Items items(*store, "items");
  const int first = std::atoi(std::getenv("STATE_TEST_FIRST"));
  for (int i = first; i < first + 100'000; ++i) {
    const Store::Commit commit = write(*store, items, std::to_string(i % 50), std::to_string(i));
    store->when_durable(commit, [i](const Result<void>& result) {
      if (result && ::write(3, &i, sizeof i) != sizeof i) _exit(1);
    });
    // Up to eight under way, as with eight clients.
    if (!owner.run_until([&] { return store->durable() + 8 > commit; })) _exit(1);
  }
}

TEST_CASE("kill -9 at any moment, and between any two steps of a commit, loses nothing acknowledged") {
  const TemporaryDirectory directory;
  Random random(7);
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    const fs::path state = directory.path() / std::to_string(round % 10);  // the state of an earlier round goes on
    const int first = round * 1'000'000;
    std::vector<std::pair<std::string, std::string>> environment = {{"STATE_TEST_DIRECTORY", state.string()},
                                                                    {"STATE_TEST_FIRST", std::to_string(first)}};
    const std::string nth = ":" + std::to_string(1 + random.below(20));
    if (round % 3 == 1) environment.emplace_back("SCALEOUT_CRASH_AT", "before_commit" + nth);
    if (round % 3 == 2) environment.emplace_back("SCALEOUT_CRASH_AT", "after_commit" + nth);
    int acknowledged = -1;
    {
      ChildTest child("*writes and acknowledges until it is killed", environment);
      std::uint64_t reads_left = round % 3 == 0 ? 1 + random.below(30) : ~std::uint64_t{0};
      for (std::string bytes; reads_left-- > 0 && !(bytes = child.read_some(sizeof(int))).empty();) {
        std::memcpy(&acknowledged, bytes.data(), sizeof acknowledged);
      }
      child.kill_now();
      while (true) {
        const std::string bytes = child.read_some(sizeof(int));
        if (bytes.empty()) break;
        std::memcpy(&acknowledged, bytes.data(), sizeof acknowledged);
      }
      REQUIRE(WIFSIGNALED(child.wait()));
    }
    const auto store = open(state);
    const Items items(*store, "items");
    for (int i = std::max(first, acknowledged - 49); i <= acknowledged; ++i) {
      const Item* item = items.find(std::to_string(i % 50));
      REQUIRE(item != nullptr);
      CHECK(std::stoi(item->value) >= i);
    }
  }
}

TEST_CASE("a second engine on the same state is refused and told the pid of the first") {
  const TemporaryDirectory directory;
  auto store = open(directory.path());
  const Error error = refusal(directory.path());
  CHECK(error.code == "StateLocked");
  CHECK(mentions(error, "pid " + std::to_string(getpid())));
  CHECK(mentions(error, directory.path().string()));
  store.reset();
  CHECK(refusal(directory.path()).code == "opened");
}

TEST_CASE("an engine that is just ending does not have its successor refused") {
  const TemporaryDirectory directory;
  const int ending = ::open((directory.path() / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(::flock(ending, LOCK_EX) == 0);
  std::thread ends([&] {
    ::poll(nullptr, 0, 30);
    ::close(ending);
  });
  CHECK(refusal(directory.path()).code == "opened");
  ends.join();
}

TEST_CASE("a newer schema is refused and left alone; the message says both versions") {
  const TemporaryDirectory directory;
  open(directory.path(), {.schema_version = 3});
  const Error error = refusal(directory.path(), {.schema_version = 2});
  CHECK(error.code == "StateNewer");
  CHECK(mentions(error, "version 3"));
  CHECK(mentions(error, "up to 2"));
  CHECK(refusal(directory.path(), {.schema_version = 3}).code == "opened");
}

TEST_CASE("an older schema is backed up, then migrated in one transaction") {
  const TemporaryDirectory directory;
  {
    auto store = open(directory.path());
    Items items(*store, "items");
    write(*store, items, "a", "1");
  }
  const std::vector<state::Migration> good = {
      {2, "UPDATE items SET record = json_set(record, '$.value', '2')"},
      {3, "ALTER TABLE items RENAME TO things"},
  };
  std::vector<state::Migration> bad = good;
  bad[1].sql = "ALTER TABLE nothing RENAME TO things";
  const Error error = refusal(directory.path(), {.schema_version = 3, .migrations = bad});
  CHECK(error.code == "StateUnusable");
  CHECK(mentions(error, "state.db.v1.bak"));
  CHECK(refusal(directory.path(), {.schema_version = 4, .migrations = good}).code == "StateUnusable");
  {
    auto store = open(directory.path());  // the failed ones changed nothing
    CHECK(contents(Items(*store, "items")) == Contents{{"a", "1"}});
  }
  {
    auto store = open(directory.path(), {.schema_version = 3, .migrations = good});
    CHECK(contents(Items(*store, "things")) == Contents{{"a", "2"}});
  }
  // The backup is a whole database of the old version.
  fs::create_directory(directory.path() / "old");
  fs::copy_file(directory.path() / "state.db.v1.bak", directory.path() / "old" / "state.db");
  auto store = open(directory.path() / "old");
  CHECK(contents(Items(*store, "items")) == Contents{{"a", "1"}});
}

TEST_CASE("a torn write-ahead log costs at most what was not acknowledged, and never the rest") {
  const TemporaryDirectory directory;
  auto store = open(directory.path() / "live");
  Items items(*store, "items");
  write(*store, items, "a", "1");
  REQUIRE(store->flush());
  const auto whole = fs::file_size(directory.path() / "live" / "state.db-wal");
  write(*store, items, "b", std::string(20'000, 'x'));
  REQUIRE(store->flush());
  const auto longer = fs::file_size(directory.path() / "live" / "state.db-wal");
  REQUIRE(longer > whole);
  for (const auto cut : {whole, whole + 10, whole + 5000, longer - 1}) {
    CAPTURE(cut);
    const fs::path torn = directory.path() / std::to_string(cut);
    fs::create_directory(torn);
    fs::copy_file(directory.path() / "live" / "state.db", torn / "state.db");
    fs::copy_file(directory.path() / "live" / "state.db-wal", torn / "state.db-wal");
    fs::resize_file(torn / "state.db-wal", cut);
    std::ofstream(torn / "state.db-wal", std::ios::app | std::ios::binary) << std::string(3000, '\x5a');
    auto recovered = open(torn);
    CHECK(contents(Items(*recovered, "items")) == Contents{{"a", "1"}});
  }
}

TEST_CASE("a damaged, emptied or missing database is named with its backup, never taken for a new one") {
  const TemporaryDirectory directory;
  const fs::path file = directory.path() / "state.db";
  {
    auto store = open(directory.path());
    Items items(*store, "items");
    for (int i = 0; i < 200; ++i) items.put({std::to_string(i), std::string(200, 'v')});
    store->commit();
  }
  fs::copy_file(file, directory.path() / "good");
  const auto restore = [&] { fs::copy_file(directory.path() / "good", file, fs::copy_options::overwrite_existing); };
  const auto load_error = [&]() -> std::string {
    auto store = Store::open(directory.path());
    if (!store) return store.error().code + " " + store.error().message;
    try {
      Items items(**store, "items");
    } catch (const std::runtime_error& error) {
      return std::string("StateCorrupt ") + error.what();
    }
    return "opened";
  };
  const auto says_so = [&](const std::string& error) {
    return error.starts_with("StateCorrupt ") && error.find(file.string()) != std::string::npos;
  };
  CHECK(load_error() == "opened");
  overwrite(file, 0, std::string(100, 'Z'));
  CHECK(says_so(load_error()));
  restore();
  for (std::uintmax_t page = 2; page <= fs::file_size(file) / 4096; ++page) {
    overwrite(file, static_cast<std::streamoff>((page - 1) * 4096), std::string(4096, '\x77'));
  }
  CHECK(says_so(load_error()));
  restore();
  fs::resize_file(file, 0);
  CHECK(says_so(load_error()));
  fs::remove(file);
  CHECK(says_so(load_error()));
  std::ofstream(directory.path() / "state.db.v1.bak") << "x";
  CHECK(load_error().find("state.db.v1.bak") != std::string::npos);
  restore();
  {
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &raw) == SQLITE_OK);
    REQUIRE(sqlite3_exec(raw, "UPDATE items SET record = '{broken' WHERE key = '7'", nullptr, nullptr, nullptr) == 0);
    sqlite3_close(raw);
  }
  CHECK(load_error().find("items[7]") != std::string::npos);
}

TEST_CASE("commits become durable in order, each waiter called once, and a reader waits for the last") {
  const TemporaryDirectory directory;
  OwnerQueue owner;
  auto store = open(directory.path(), owner.options());
  Items items(*store, "items");
  std::vector<Store::Commit> order;
  for (int i = 0; i < 100; ++i) {
    const Store::Commit commit = write(*store, items, "k", std::to_string(i));
    store->when_durable(commit, [&order, commit](const Result<void>&) { order.push_back(commit); });
  }
  const Store::Commit last = store->commit();  // nothing written: a read of what is not durable yet
  bool read_answered = false;
  store->when_durable(last, [&](const Result<void>& result) { read_answered = result.has_value(); });
  CHECK(owner.run_until([&] { return read_answered; }));
  CHECK(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("bench: durable commits a second" * doctest::skip()) {
  if (std::getenv("STATE_TEST_BENCH") == nullptr) return;
  const fs::path directory = std::getenv("STATE_TEST_BENCH");
  for (const std::uint64_t under_way : {1, 8, 64}) {
    OwnerQueue owner;
    auto store = open(directory / std::to_string(under_way), owner.options());
    Items items(*store, "items");
    constexpr int kCommits = 20'000;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kCommits; ++i) {
      const Store::Commit commit = write(*store, items, std::to_string(i), std::string(1000, 'x'));
      REQUIRE(owner.run_until([&] { return store->durable() + under_way > commit; }));
    }
    REQUIRE(store->flush());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    MESSAGE(under_way << " under way: " << static_cast<int>(kCommits / took.count()) << " durable commits/s");
  }
}

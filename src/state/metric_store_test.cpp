#include "state/metric_store.h"

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "state/temporary_directory_test.h"

using model::Datapoint;
using model::MetricName;
using state::MetricStore;

namespace {

const MetricName kCpu{"AWS/ECS", "CPUUtilization", {{"ClusterName", "c"}, {"ServiceName", "web"}}};
const Instant kNow = instant_from_ms(1'700'000'000'000 / 3'600'000 * 3'600'000 + 1'800'000);  // half past

Datapoint sample(Instant at, double value, const std::string& unit = "Percent") {
  return {.at = at, .sample_count = 1, .sum = value, .minimum = value, .maximum = value, .values = {{value, 1}}, .unit = unit};
}

std::unique_ptr<MetricStore> open(const TemporaryDirectory& directory, Instant now = kNow,
                                  state::MetricStoreOptions options = {}) {
  auto store = MetricStore::open(directory.path(), now, options);
  REQUIRE_MESSAGE(store, store.error().message);
  return *std::move(store);
}

void write(MetricStore& store, Instant now = kNow) {
  store.flush(now);
  store.wait_until_written();
}

std::vector<state::MetricBucket> all(const MetricStore& store, Duration period = minutes(1)) {
  return store.read({.metric = kCpu, .start = kNow - hours(24 * 30), .end = kNow + hours(3), .period = period});
}

}  // namespace

TEST_CASE("MetricStore_APeriodIsTheSumOfItsDatapointsAndAMissingOneHasNoBucket") {
  const auto store = MetricStore::in_memory();
  store->put(kCpu, sample(kNow, 10));
  store->put(kCpu, sample(kNow + seconds(20), 30));
  store->put(kCpu, sample(kNow + minutes(2), 50));
  const auto buckets = all(*store);
  REQUIRE(buckets.size() == 2);
  CHECK(buckets[0].start == kNow);
  CHECK(buckets[0].average() == 20);
  CHECK(buckets[0].sample_count == 2);
  CHECK(buckets[1].start == kNow + minutes(2));
}

TEST_CASE("MetricStore_DatapointsOfTheSameTimeAreOneAndUnitsStayApart") {
  const auto store = MetricStore::in_memory();
  for (int i = 1; i <= 4; ++i) store->put(kCpu, sample(kNow, i));
  store->put(kCpu, sample(kNow, 100, "Count"));
  const auto percent = store->read({.metric = kCpu, .start = kNow, .end = kNow + minutes(1), .unit = "Percent"});
  REQUIRE(percent.size() == 1);
  CHECK(percent[0].sample_count == 4);
  CHECK(percent[0].maximum == 4);
  CHECK(*state::statistic_of(percent[0], "p75") == 3);
  CHECK(all(*store)[0].sample_count == 5);
}

TEST_CASE("MetricStore_PercentilesStayWithinOnePercentHoweverManyValues") {
  const auto store = MetricStore::in_memory();
  for (int i = 1; i <= 10'000; ++i) store->put(kCpu, sample(kNow, i * 0.37));
  const auto buckets = all(*store);
  REQUIRE(buckets.size() == 1);
  CHECK(buckets[0].values.size() < 2'000);
  CHECK(buckets[0].sample_count == 10'000);
  CHECK(*state::statistic_of(buckets[0], "p50") == doctest::Approx(5'000 * 0.37).epsilon(0.015));
  CHECK(*state::statistic_of(buckets[0], "p99.9") == doctest::Approx(9'990 * 0.37).epsilon(0.015));
}

TEST_CASE("MetricStore_SurvivesARestart") {
  const TemporaryDirectory directory;
  {
    const auto store = open(directory);
    store->put(kCpu, sample(kNow - minutes(1), 10));
    write(*store);
    store->put(kCpu, sample(kNow - minutes(1), 20));  // to the same one, after it was written
    store->put(kCpu, sample(kNow, 30));
    write(*store);
  }
  const auto store = open(directory);
  const auto buckets = all(*store);
  REQUIRE(buckets.size() == 2);
  CHECK(buckets[0].average() == 15);
  CHECK(buckets[0].unit == "Percent");
  CHECK(*state::statistic_of(buckets[0], "p100") == 20);
  CHECK(buckets[1].sum == 30);
  REQUIRE(store->list(kNow).size() == 1);
  CHECK(store->list(kNow)[0] == kCpu);
  CHECK(store->list(kNow + seconds(1)).empty());
  CHECK(store->newest(kCpu)->sum == 30);
}

TEST_CASE("MetricStore_KillDashNineLosesAtMostWhatWasNotFlushed") {
  const TemporaryDirectory directory;
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  if (child == 0) {
    auto store = MetricStore::open(directory.path(), kNow);
    for (int i = 0; i < 30 && store; ++i) (*store)->put(kCpu, sample(kNow + minutes(i), i));
    if (store) (*store)->flush(kNow);
    if (store) (*store)->wait_until_written();
    const char byte = store ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) _exit(1);
    pause();
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  REQUIRE(byte == 'y');
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  CHECK(all(*open(directory)).size() == 30);
}

TEST_CASE("MetricStore_OlderThanThreeHoursIsKeptByTheMinuteAndAfterFifteenDaysGone") {
  const TemporaryDirectory directory;
  const auto store = open(directory);
  for (int i = 0; i < 6; ++i) store->put(kCpu, sample(kNow + seconds(10 * i), i));
  write(*store);
  CHECK(all(*store, seconds(10)).size() == 6);
  write(*store, kNow + hours(5));  // ages
  auto buckets = all(*store, seconds(10));
  REQUIRE(buckets.size() == 1);
  CHECK(buckets[0].sample_count == 6);
  CHECK(buckets[0].sum == 15);
  CHECK(*state::statistic_of(buckets[0], "p50") == 2);
  CHECK(store->list(kNow).size() == 1);
  write(*store, kNow + hours(24 * 17));
  CHECK(all(*store).empty());
  CHECK(store->list(kNow - hours(1)).empty());
}

TEST_CASE("MetricStore_LateDatapointsJoinWhatTheDiskHas") {
  const TemporaryDirectory directory;
  {
    const auto store = open(directory);
    store->put(kCpu, sample(kNow, 10));
    write(*store);
  }
  const auto store = open(directory, kNow + hours(10));  // memory begins nine hours after it
  store->put(kCpu, sample(kNow, 30));
  store->put(kCpu, sample(kNow - hours(48), 7));
  const auto buckets = all(*store);  // without a flush: a read of old times waits for them
  REQUIRE(buckets.size() == 2);
  CHECK(buckets[0].sum == 7);
  CHECK(buckets[1].average() == 20);
}

TEST_CASE("MetricStore_MemoryIsBoundedAndReadsGoOnFromTheDisk") {
  const TemporaryDirectory directory;
  const auto store = open(directory, kNow, {.points_in_memory = 1'000});
  for (int second = 0; second < 7'200; ++second) {
    store->put(kCpu, sample(kNow + seconds(second), second));
    if (second % 60 == 59) store->flush(kNow + seconds(second));
  }
  store->wait_until_written();
  const auto buckets = all(*store);
  REQUIRE(buckets.size() == 120);
  for (const auto& bucket : buckets) CHECK(bucket.sample_count == 60);
  CHECK(store->dropped() == 0);
}

TEST_CASE("MetricStore_TheFileIsBoundedAndTheOldestGo") {
  const TemporaryDirectory directory;
  const auto store = open(directory, kNow, {.bytes_max = 400'000});
  for (int hour = 0; hour < 40; ++hour) {
    for (int i = 0; i < 360; ++i) store->put(kCpu, sample(kNow + hours(hour) + seconds(10 * i), i));
    write(*store, kNow + hours(hour));
  }
  CHECK(std::filesystem::file_size(directory.path() / "metrics.db") < 1'000'000);
  const auto buckets = store->read({.metric = kCpu, .start = kNow + hours(38), .end = kNow + hours(41)});
  CHECK(buckets.size() == 120);  // the newest stay
}

TEST_CASE("MetricStore_TooManyNamesAreRefusedAndCounted") {
  const TemporaryDirectory directory;
  const auto store = open(directory, kNow, {.metrics_max = 10});
  for (int i = 0; i < 15; ++i) store->put({"App", "Users", {{"id", std::to_string(i)}}}, sample(kNow, 1));
  CHECK(store->list(kNow).size() == 10);
  CHECK(store->dropped() == 5);
}

TEST_CASE("MetricStore_ClearForgetsMemoryAndDisk") {
  const TemporaryDirectory directory;
  {
    const auto store = open(directory);
    store->put(kCpu, sample(kNow, 1));
    write(*store);
    store->clear();
    store->wait_until_written();
    CHECK(all(*store).empty());
  }
  CHECK(open(directory)->list(kNow - hours(1)).empty());
}

// build/release/test/state_test --test-case='bench: metric*' --no-skip
TEST_CASE("MetricStore_ANameThatTheDiskRefusedIsWrittenWithWhatComesNext") {
  const TemporaryDirectory directory;
  {
    const auto store = open(directory);
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open((directory.path() / "metrics.db").c_str(), &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    store->put(kCpu, sample(kNow, 1));
    write(*store);
    CHECK(store->dropped() == 1);
    sqlite3_close(other);
    store->put(kCpu, sample(kNow + minutes(1), 2));
    write(*store);
  }
  const auto store = open(directory);
  const auto buckets = all(*store);
  REQUIRE(buckets.size() == 1);
  CHECK(buckets[0].sum == 2);
}

TEST_CASE("MetricStore_DatapointsWithoutANameBecomeNoOtherMetrics") {
  const TemporaryDirectory directory;
  {
    const auto store = open(directory);
    store->put({"Other", "Lost", {}}, sample(kNow, 42));
    write(*store);
  }
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open((directory.path() / "metrics.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "DELETE FROM metrics", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(other);
  const Instant later = kNow + hours(2);  // none of it is in memory
  const auto store = open(directory, later);
  store->put(kCpu, sample(later, 7));
  const auto buckets = all(*store);
  REQUIRE(buckets.size() == 1);
  CHECK(buckets[0].sum == 7);
}

TEST_CASE("MetricStore_APlaceShowsWhatCameSinceAndIsLookedUpAnewAfterNamesWereForgotten") {
  const auto store = MetricStore::in_memory();
  state::MetricPlace place;
  const auto read = [&] { return store->read({.metric = kCpu, .start = kNow, .end = kNow + hours(1), .place = &place}); };
  CHECK(read().empty());  // there is no such metric yet
  store->put(kCpu, sample(kNow, 10));
  REQUIRE(read().size() == 1);
  CHECK(place.series != nullptr);
  store->put(kCpu, sample(kNow + minutes(1), 20));
  CHECK(read().size() == 2);
  store->clear();
  CHECK(read().empty());
  store->put(kCpu, sample(kNow, 30));
  REQUIRE(read().size() == 1);
  CHECK(read()[0].average() == 30);
}

TEST_CASE("bench: metric puts" * doctest::skip()) {
  const TemporaryDirectory directory;
  const auto store = open(directory);
  const auto begin = std::chrono::steady_clock::now();
  constexpr int kPuts = 1'000'000;
  for (int i = 0; i < kPuts; ++i) {
    store->put({"App", "Latency", {{"host", "h" + std::to_string(i % 100)}}}, sample(kNow + minutes(i / 100'000), i % 37, "Seconds"));
    if (i % 50'000 == 0) store->flush(kNow);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const double rate = kPuts / took.count();
  MESSAGE(rate << " puts a second");
}

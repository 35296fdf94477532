#include <doctest/doctest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <fstream>

#include "state/codec.h"
#include "state/store_fixture_test.h"
#include "state/temporary_directory_test.h"

using state::Store;
namespace fs = std::filesystem;

namespace {
constexpr int kNotPossibleHere = 77;

/// Writes items until a commit is refused. What was acknowledged is in `acknowledged`; returns the refusal.
Error write_until_refused(OwnerQueue& owner, Store& store, Items& items, Contents& acknowledged) {
  std::optional<Error> refused;
  std::vector<bool> answered;
  for (int i = 0; i < 20'000 && !refused; ++i) {
    // Three queued at once: later ones build on earlier ones that may be refused.
    for (int step = 0; step < 3; ++step) {
      const std::string key = std::to_string(i % 100), value = std::to_string(i * 3 + step) + std::string(900, 'x');
      if (step == 2 && i % 10 == 0) {
        items.erase(key);
      } else {
        items.put({key, value});
      }
      const Contents now = contents(items);
      const std::size_t number = answered.size();
      answered.push_back(false);
      store.when_durable(store.commit(), [&, now, number](const Result<void>& result) {
        answered[number] = true;
        if (result) acknowledged = now; else refused = result.error();
      });
    }
    if (!owner.run_until([&] { return answered.back(); })) FAIL("no answer");
  }
  REQUIRE(refused);
  CHECK(std::count(answered.begin(), answered.end(), false) == 0);
  return *refused;
}
}  // namespace

TEST_CASE("(child) file size limit" * doctest::skip()) {
  const char* directory = std::getenv("STATE_TEST_DIRECTORY");
  if (directory == nullptr) return;
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlim_t unlimited = limit.rlim_cur;
  OwnerQueue owner;
  state::StoreOptions options = owner.options();
  options.reserve_bytes = 4096;
  int rolled_back = 0;
  options.on_rolled_back = [&](const Error&) { ++rolled_back; };
  auto store = Store::open(directory, std::move(options));
  REQUIRE(store);
  Items items(**store, "items");
  for (int round = 1; round <= 3; ++round) {
    limit.rlim_cur = 300'000;
    setrlimit(RLIMIT_FSIZE, &limit);
    Contents acknowledged = contents(items);
    const Error error = write_until_refused(owner, **store, items, acknowledged);
    CHECK(error.code == "ServiceUnavailableException");
    CHECK(rolled_back == round);
    CHECK(contents(items) == acknowledged);
    bool undisturbed = false;
    (*store)->when_durable((*store)->commit(), [&](const Result<void>& result) { undisturbed = result.has_value(); });
    CHECK(undisturbed);  // who has written nothing since is not refused
    limit.rlim_cur = unlimited;
    setrlimit(RLIMIT_FSIZE, &limit);
    items.put({"after", std::to_string(round)});
    bool durable = false;
    (*store)->when_durable((*store)->commit(), [&](const Result<void>& result) { durable = result.has_value(); });
    CHECK(owner.run_until([&] { return durable; }));
  }
  const Contents last = contents(items);
  store->reset();
  auto again = Store::open(directory);
  REQUIRE(again);
  CHECK(contents(Items(**again, "items")) == last);
}

TEST_CASE("(child) small disk" * doctest::skip()) {
  const char* directory = std::getenv("STATE_TEST_DIRECTORY");
  if (directory == nullptr) return;
  const uid_t user = getuid();
  const gid_t group = getgid();
  if (unshare(CLONE_NEWNS) != 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) _exit(kNotPossibleHere);
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
    std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
  }
  mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  if (mount("tmpfs", directory, "tmpfs", 0, "size=12m") != 0) _exit(kNotPossibleHere);

  OwnerQueue owner;
  state::StoreOptions options = owner.options();
  options.reserve_bytes = 2 << 20;
  auto store = Store::open(directory, std::move(options));
  REQUIRE(store);
  Items items(**store, "items");
  CHECK_FALSE((*store)->refusing());
  const fs::path ballast = fs::path(directory) / "ballast";
  {
    std::ofstream fill(ballast, std::ios::binary);
    const std::string block(4096, 'b');
    while (fill.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {}
  }
  // Full: what comes first still goes through, by the reserve, and from then on refusing() says so.
  bool durable = false;
  items.put({"a", std::string(100'000, 'a')});
  (*store)->when_durable((*store)->commit(), [&](const Result<void>& result) { durable = result.has_value(); });
  CHECK(owner.run_until([&] { return durable; }));
  CHECK((*store)->refusing()->code == "ServiceUnavailableException");
  // A program that does not listen runs into the end of the reserve; memory goes back to what was acknowledged.
  Contents acknowledged = contents(items);
  CHECK(write_until_refused(owner, **store, items, acknowledged).code == "ServiceUnavailableException");
  CHECK(contents(items) == acknowledged);
  // Space again: no restart needed.
  fs::remove(ballast);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while ((*store)->refusing() && std::chrono::steady_clock::now() < deadline) (*store)->flush();
  CHECK_FALSE((*store)->refusing());
  items.put({"b", "again"});
  (*store)->commit();
  CHECK((*store)->flush());
  const Contents last = contents(items);
  store->reset();
  auto again = Store::open(directory);
  REQUIRE(again);
  CHECK(contents(Items(**again, "items")) == last);
}

TEST_CASE("a disk that fills up refuses writes, loses nothing acknowledged and recovers without a restart") {
  for (const std::string name : {"*file size limit", "*small disk"}) {
    CAPTURE(name);
    const TemporaryDirectory directory;
    ChildTest child(name, {{"STATE_TEST_DIRECTORY", directory.path().string()}});
    const int status = child.wait();
    REQUIRE(WIFEXITED(status));
    if (WEXITSTATUS(status) == kNotPossibleHere) {
      MESSAGE("skipped: no file system can be mounted here");
    } else {
      CHECK(WEXITSTATUS(status) == 0);
    }
  }
}

// The shim alone, without a driver: what it does where the kernel refuses it something.
#include "drivers/process/shim/shim.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "drivers/conformance_rigs.h"
#include "drivers/files.h"
#include "drivers/process/container_files.h"
#include "drivers/process/shim/namespaces.h"

using namespace drivers;
using namespace drivers::process;
using namespace drivers::testing;
namespace fs = std::filesystem;

namespace {
constexpr unsigned kNobody = 54'321;  // has no other processes, so that a limit of them is the test's own
constexpr int kNotAllowed = 99;

/// A container's directory, an image's root with the probe and a shim, all of which belong to kNobody.
struct Place {
  fs::path top;
  Place() {
    char name[] = "/tmp/scaleout-shim-XXXXXX";
    top = fs::canonical(mkdtemp(name));
    for (const char* part : {"c", "image"}) fs::create_directory(top / part);
    fs::copy_file(DRIVERS_PROBE, top / "image" / "probe");
    fs::copy_file(SCALEOUT_SHIM, top / "shim");
    if (::geteuid() != 0) return;
    for (const fs::path& path : {top, top / "c"}) REQUIRE(::chown(path.c_str(), kNobody, kNobody) == 0);
  }
  ~Place() { fs::remove_all(top); }

  Launch launch() const {
    Launch launch;
    launch.lower = top / "image";
    launch.arguments = {"/probe", "sleep-forever"};
    launch.sandbox = false;
    launch.log_file = top / "c" / "log";
    return launch;
  }
  void write(const Launch& launch) const { REQUIRE(replace_whole(top / "c" / kLaunchFile, encode(launch), false)); }
  Status status() const { return decode_status(read_whole(top / "c" / kStatusFile).value_or("")); }
};

pid_t fork_or_end() {
  const pid_t pid = ::fork();
  if (pid < 0) ::_exit(98);
  if (pid == 0) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  return pid;
}

/// Runs `body` as an ordinary user and as process 1 of a world of its own: a signal to everyone reaches nobody outside,
/// and all that is left ends with it. Its result; kNotAllowed where this machine has no such worlds.
int in_own_world(const std::function<int()>& body) {
  const pid_t outer = ::fork();
  REQUIRE(outer >= 0);
  if (outer == 0) {
    if (!enter_user_namespace() || ::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) ::_exit(kNotAllowed);
    const pid_t first = fork_or_end();
    if (first == 0) {
      if (::getpid() != 1 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount("proc", "/proc", "proc", 0, nullptr) != 0)
        ::_exit(kNotAllowed);
      if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
                               ::setresuid(kNobody, kNobody, kNobody) != 0))
        ::_exit(kNotAllowed);
      ::_exit(body());
    }
    int status = 0;
    ::waitpid(first, &status, 0);
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 97);
  }
  int status = 0;
  REQUIRE(::waitpid(outer, &status, 0) == outer);
  return WEXITSTATUS(status);
}

/// As the driver starts one. True when it has introduced itself.
bool run_shim(const Place& place) {
  const pid_t first = fork_or_end();
  if (first == 0) {
    const int lock = ::open((place.top / "c" / kLockFile).c_str(), O_RDWR | O_CREAT, 0600);
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) ::_exit(1);
    if (lock != kLockDescriptor && ::dup2(lock, kLockDescriptor) < 0) ::_exit(1);
    ::execl((place.top / "shim").c_str(), "scaleout-shim", (place.top / "c").c_str(), nullptr);
    ::_exit(1);
  }
  int status = 0;
  return ::waitpid(first, &status, 0) == first && status == 0;
}

bool wait_for(const std::function<bool()>& met) {
  for (int round = 0; round < 2'000; ++round, ::usleep(10'000))
    if (met()) return true;
  return false;
}
}  // namespace

TEST_CASE("a health check that cannot be run is a failed one, and nobody is signalled instead of it") {
  // The first limits let nothing be forked, the next one only the first of the check's two processes.
  for (rlim_t most = 1; most <= 7; ++most) {
    CAPTURE(most);
    const Place place;
    Launch launch = place.launch();
    launch.health_command = {place.top / "image" / "probe", "exit", "1"};
    launch.health_interval = launch.health_timeout = 200;
    launch.health_retries = 2;
    place.write(launch);
    enum { kFailed = 10, kPassed, kNoShim, kNoLimit, kNoHealth, kWitnessKilled };
    const int result = in_own_world([&]() -> int {
      const pid_t witness = fork_or_end();
      if (witness == 0)
        for (;;) ::pause();
      if (!run_shim(place) || !wait_for([&] { return place.status().started_ms != 0; })) return kNoShim;
      rlimit limit{};
      if (::prlimit(place.status().shim_pid, RLIMIT_NPROC, nullptr, &limit) != 0) return kNoLimit;
      limit.rlim_cur = most;
      if (::prlimit(place.status().shim_pid, RLIMIT_NPROC, &limit, nullptr) != 0) return kNoLimit;
      bool killed = false;
      const bool told = wait_for([&] {
        killed = ::waitpid(witness, nullptr, WNOHANG) != 0;
        return killed || !place.status().health.empty();
      });
      if (killed) return kWitnessKilled;
      return !told ? kNoHealth : place.status().health == "UNHEALTHY" ? kFailed : kPassed;
    });
    if (result == kNotAllowed) return skip_or_fail("process namespaces, for a shim to fail in");
    CHECK(result == kFailed);
  }
}

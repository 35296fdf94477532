// The process runtime of an engine that is out of file descriptors: it finds out later, it guesses nothing.
#include <dirent.h>
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "base/testing/few_descriptors.h"
#include "drivers/conformance_rigs.h"
#include "drivers/files.h"
#include "drivers/process/container_files.h"
#include "drivers/process/task_directory.h"
#include "drivers/process_identity.h"

using namespace drivers;
using namespace drivers::process;
using namespace drivers::testing;
using ::testing::FewDescriptors;
namespace fs = std::filesystem;

namespace {
constexpr int kMost = 10;  // a start that has so many to itself notices nothing

fs::path directory_of(const ProcessRig& rig, const TaskSpec& task) {
  return TaskDirectories(rig.state).container(task.task_id, "app");
}
Status status_of(const ProcessRig& rig, const TaskSpec& task) {
  return decode_status(read_whole(directory_of(rig, task) / kStatusFile).value_or(""));
}
bool has_status(const ProcessRig& rig, const TaskSpec& task) {
  return ::access((directory_of(rig, task) / kStatusFile).c_str(), F_OK) == 0;
}
bool has_exited(ProcessRig& rig, const TaskSpec& task) {
  return !rig.recorder().all<ContainerExited>(task.task_id).empty();
}

/// A shim of this container is among the processes.
bool has_process(const fs::path& directory) {
  bool found = false;
  DIR* proc = ::opendir("/proc");
  REQUIRE(proc != nullptr);
  while (const dirent* entry = ::readdir(proc)) {
    const auto words = read_whole(std::string("/proc/") + entry->d_name + "/cmdline");
    found = found || (words && words->find(directory.native()) != std::string::npos);
  }
  ::closedir(proc);
  return found;
}

/// The driver has looked several times at what it cannot find out.
void let_ticks_pass() { ::usleep(200'000); }
}  // namespace

TEST_CASE("without descriptors no container is taken for dead: it is told as started when there are some again") {
  for (int free = 0; free <= kMost; ++free) {
    CAPTURE(free);
    ProcessRig rig;
    const TaskSpec task = probe_task({"sleep-forever"});
    {
      const FewDescriptors few(free);
      rig.driver().start(task);
      REQUIRE(rig.wait([&] { return has_exited(rig, task) || has_status(rig, task); }));
      let_ticks_pass();
    }
    if (has_exited(rig, task)) {  // it could not even be begun
      CHECK_FALSE(has_process(directory_of(rig, task)));
      CHECK_FALSE(rig.recorder().all<ContainerExited>(task.task_id)[0].exit_code);
      continue;
    }
    CHECK(rig.wait([&] { return !rig.recorder().all<ContainerStarted>(task.task_id).empty(); }));
    rig.driver().stop(task.task_id);
    REQUIRE(rig.wait([&] { return has_exited(rig, task); }));
    CHECK(rig.recorder().all<ContainerExited>(task.task_id)[0].exit_code == 143);
    CHECK(rig.recorder().all<ContainerStarted>(task.task_id).size() == 1);
  }
}

TEST_CASE("without descriptors a container that is forgotten is not left to run on") {
  for (int free = 0; free <= kMost; ++free) {
    CAPTURE(free);
    ProcessRig rig;
    const TaskSpec task = probe_task({"sleep-forever"});
    {
      const FewDescriptors few(free);
      rig.driver().start(task);
      REQUIRE(rig.wait([&] { return has_exited(rig, task) || has_status(rig, task); }));
      rig.driver().forget(task.task_id);
      let_ticks_pass();
    }
    CHECK(rig.wait([&] { return !fs::exists(directory_of(rig, task)) && !has_process(directory_of(rig, task)); }));
  }
}

TEST_CASE("without descriptors no end is made up: the exit code is told when it can be read") {
  ProcessRig rig;
  std::vector<TaskSpec> tasks;
  for (int i = 0; i < 3; ++i) {
    tasks.push_back(probe_task({"on-term", "0", "print", "ready", "sleep-forever"}));
    rig.driver().start(tasks.back());
    REQUIRE(rig.wait([&] { return rig.output(tasks.back().task_id).size() == 1; }));
  }
  std::vector<ProcessHandle> shims;
  for (const TaskSpec& task : tasks) {
    const Status status = status_of(rig, task);
    shims.push_back(ProcessHandle::open(status.shim_pid, status.shim_start));
  }
  {
    const FewDescriptors none(0);
    for (const TaskSpec& task : tasks) rig.driver().stop(task.task_id);
    for (const ProcessHandle& shim : shims) REQUIRE(shim.wait(10'000));
    let_ticks_pass();
  }
  for (const TaskSpec& task : tasks) {
    REQUIRE(rig.wait([&] { return has_exited(rig, task); }));
    CHECK(rig.recorder().all<ContainerExited>(task.task_id).size() == 1);
    CHECK(rig.recorder().all<ContainerExited>(task.task_id)[0].exit_code == 0);
    CHECK(rig.recorder().all<ContainerExited>(task.task_id)[0].reason.empty());
  }
}

TEST_CASE("down: a sweep ends more containers than it has descriptors") {
  ProcessRig rig;
  std::vector<Status> ran;
  for (int i = 0; i < 20; ++i) {
    const TaskSpec task = probe_task({"sleep-forever"});
    rig.driver().start(task);
    REQUIRE(rig.wait([&] { return !rig.recorder().all<ContainerStarted>(task.task_id).empty(); }));
    ran.push_back(status_of(rig, task));
  }
  rig.lose_engine();
  {
    const FewDescriptors few(kMost);
    CHECK(sweep(rig.state, Duration(10'000)).stopped == static_cast<int>(ran.size()));
  }
  for (const Status& status : ran) CHECK_FALSE(process_start_time(status.shim_pid));
}

TEST_CASE("a process that cannot be looked at is neither there nor gone") {
  const auto start = process_start_time(::getpid()).value();
  for (const int free : {0, 1, 2}) {
    const FewDescriptors few(free);
    const ProcessHandle handle = ProcessHandle::open(::getpid(), start);
    CHECK(static_cast<bool>(handle) == (free == 2));
    CHECK(handle.unknown() == (free < 2));
  }
  CHECK_FALSE(ProcessHandle::open(::getpid(), start + 1).unknown());
  CHECK_FALSE(ProcessHandle::open(0, 0).unknown());
}

// What driver.h promises, over every runtime that can run here. A new runtime adds its rig to RUNTIMES.
#include <doctest/doctest.h>

#include "drivers/conformance_rigs.h"

using namespace drivers;
using namespace drivers::testing;

#define RUNTIMES FakeRig, ProcessRig, DockerRig

namespace {
template <class Rig>
bool wait_started(Rig& rig, const std::string& task, const std::string& container = "app") {
  return rig.wait([&] { return !rig.recorder().template all<ContainerStarted>(task, container).empty(); });
}
template <class Rig>
std::optional<ContainerExited> wait_exit(Rig& rig, const std::string& task, const std::string& container = "app") {
  if (!rig.wait([&] { return !rig.recorder().template all<ContainerExited>(task, container).empty(); })) return std::nullopt;
  const auto exits = rig.recorder().template all<ContainerExited>(task, container);
  CHECK(exits.size() == 1);
  return exits.front();
}
}  // namespace

TEST_CASE_TEMPLATE("a container starts, ends by itself, and its exit code is told once", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  const TaskSpec task = probe_task({"exit", "3"});
  rig.driver().start(task);
  const auto exited = wait_exit(rig, task.task_id);
  REQUIRE(exited);
  CHECK(exited->exit_code == 3);
  CHECK(exited->reason.empty());
  const auto started = rig.recorder().template all<ContainerStarted>(task.task_id);
  REQUIRE(started.size() == 1);
  CHECK(started[0].at <= exited->at);
  CHECK(rig.recorder().template all<ContainerPulled>(task.task_id).size() == 1);
}

TEST_CASE_TEMPLATE("a signal's exit code is 128 and its number", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  const TaskSpec task = probe_task({"crash"});
  rig.driver().start(task);
  const auto exited = wait_exit(rig, task.task_id);
  REQUIRE(exited);
  CHECK(exited->exit_code == 134);
}

TEST_CASE_TEMPLATE("starting what is known already does nothing, also after its end", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  const TaskSpec task = probe_task({"on-term", "0", "sleep-forever"}), other = probe_task({"exit", "0"});
  rig.driver().start(task);
  rig.driver().start(task);
  REQUIRE(wait_started(rig, task.task_id));
  rig.driver().start(task);
  rig.driver().stop(task.task_id);
  REQUIRE(wait_exit(rig, task.task_id));
  rig.driver().start(task);
  rig.driver().start(other);  // commands keep their order, so once this has ended a second start would have shown
  REQUIRE(wait_exit(rig, other.task_id));
  CHECK(rig.recorder().template all<ContainerStarted>(task.task_id).size() == 1);
  CHECK(rig.recorder().template all<ContainerExited>(task.task_id).size() == 1);
}

TEST_CASE_TEMPLATE("stop sends SIGTERM to the container's own process and keeps its exit code", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  const TaskSpec handles = probe_task({"on-term", "7", "sleep-forever"}), dies = probe_task({"sleep-forever"});
  for (const TaskSpec& task : {handles, dies}) {
    rig.driver().start(task);
    REQUIRE(wait_started(rig, task.task_id));
  }
  // The process exists but may not have set up its handler: wait for what it does first where that can be seen.
  if constexpr (!std::is_same_v<Rig, FakeRig>) {
    const TaskSpec ready = probe_task({"on-term", "7", "print", "ready", "sleep-forever"});
    rig.driver().start(ready);
    REQUIRE(rig.wait([&] { return !rig.output(ready.task_id).empty(); }));
    rig.driver().stop(ready.task_id);
    CHECK(wait_exit(rig, ready.task_id)->exit_code == 7);
  } else {
    rig.driver().stop(handles.task_id);
    CHECK(wait_exit(rig, handles.task_id)->exit_code == 7);
  }
  rig.driver().stop(dies.task_id);
  rig.driver().stop(dies.task_id);
  const auto exited = wait_exit(rig, dies.task_id);
  REQUIRE(exited);
  CHECK(exited->exit_code == 143);
  rig.driver().stop(dies.task_id);
  rig.driver().stop("00000000000000000000000000000bad");
}

TEST_CASE_TEMPLATE("who ignores SIGTERM is killed after the stop timeout: 137", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  TaskSpec task = probe_task({"ignore-term", "print", "ready", "sleep-forever"});
  task.containers[0].stop_timeout = Duration(200);
  rig.driver().start(task);
  REQUIRE(wait_started(rig, task.task_id));
  if constexpr (!std::is_same_v<Rig, FakeRig>) REQUIRE(rig.wait([&] { return !rig.output(task.task_id).empty(); }));
  rig.driver().stop(task.task_id);
  const auto exited = wait_exit(rig, task.task_id);
  REQUIRE(exited);
  CHECK(exited->exit_code == 137);
  CHECK(exited->at - rig.recorder().template all<ContainerStarted>(task.task_id)[0].at >= Duration(200));
}

TEST_CASE_TEMPLATE("what cannot start ends without an exit code and says why", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  TaskSpec task = probe_task({});
  task.containers[0].entry_point = {"/missing"};
  task.containers[0].init_process = false;  // else that starts, and finds nothing to run
  rig.driver().start(task);
  const auto exited = wait_exit(rig, task.task_id);
  REQUIRE(exited);
  CHECK_FALSE(exited->exit_code);
  CHECK_MESSAGE(exited->reason.starts_with("CannotStartContainerError: "), exited->reason);
  CHECK(rig.recorder().template all<ContainerStarted>(task.task_id).empty());
}

TEST_CASE_TEMPLATE("above its memory limit a container is killed and the reason is AWS's", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  if (!rig.enforces_memory()) return skip_or_fail("memory limits (no writable memory cgroup)");
  TaskSpec task = probe_task({"allocate", "64", "sleep-forever"});
  task.containers[0].memory = MiB{24};
  rig.driver().start(task);
  const auto exited = wait_exit(rig, task.task_id);
  REQUIRE(exited);
  CHECK(exited->exit_code == 137);
  CHECK(exited->reason == "OutOfMemoryError: Container killed due to memory usage");
}

TEST_CASE_TEMPLATE("a task outlives the engine and the next one adopts it running", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  const TaskSpec task = probe_task({"sleep-forever"});
  rig.driver().start(task);
  REQUIRE(wait_started(rig, task.task_id));
  const auto adopted = rig.restart();
  REQUIRE(adopted.size() == 1);
  CHECK(adopted[0].spec.task_id == task.task_id);
  CHECK(adopted[0].spec.containers[0].command == task.containers[0].command);
  CHECK(started_in(adopted, task.task_id));
  CHECK_FALSE(exit_in(adopted, task.task_id));
  rig.driver().start(task);  // the engine may repeat it
  rig.driver().stop(task.task_id);
  const auto exited = wait_exit(rig, task.task_id);
  REQUIRE(exited);
  CHECK(exited->exit_code == 143);
  CHECK(rig.recorder().template all<ContainerStarted>(task.task_id).empty());
}

TEST_CASE_TEMPLATE("what ended is in the history until it is forgotten", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  const TaskSpec task = probe_task({"exit", "9"});
  rig.driver().start(task);
  REQUIRE(wait_exit(rig, task.task_id));
  for (int engine = 0; engine < 2; ++engine) {
    const auto adopted = rig.restart();
    REQUIRE(exit_in(adopted, task.task_id));
    CHECK(exit_in(adopted, task.task_id)->exit_code == 9);
  }
  rig.driver().forget(task.task_id);
  CHECK(rig.restart().empty());
  CHECK(rig.recorder().template all<ContainerExited>(task.task_id).empty());
}

TEST_CASE_TEMPLATE("dependsOn: SUCCESS waits for exit 0, and the last to start is the first to stop", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  TaskSpec task = probe_task({"sleep-forever"});
  task.containers[0].depends_on = {{"setup", "SUCCESS"}, {"sidecar", "START"}};
  task.containers.push_back(probe_container("setup", {"exit", "0"}));
  task.containers.push_back(probe_container("sidecar", {"sleep-forever"}));
  rig.driver().start(task);
  REQUIRE(wait_started(rig, task.task_id));
  const auto setup = wait_exit(rig, task.task_id, "setup");
  REQUIRE(setup);
  CHECK(setup->at <= rig.recorder().template all<ContainerStarted>(task.task_id, "app")[0].at);
  rig.driver().stop(task.task_id);
  REQUIRE(wait_exit(rig, task.task_id, "sidecar"));
  const auto exits = rig.recorder().template all<ContainerExited>(task.task_id);
  REQUIRE(exits.size() == 3);
  CHECK(exits[1].container == "app");
  CHECK(exits[2].container == "sidecar");
}

TEST_CASE_TEMPLATE("dependsOn: who can never start ends with TaskDependencyError", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  TaskSpec task = probe_task({"sleep-forever"});
  task.containers[0].depends_on = {{"setup", "SUCCESS"}};
  task.containers.push_back(probe_container("setup", {"exit", "1"}));
  rig.driver().start(task);
  const auto exited = wait_exit(rig, task.task_id);
  REQUIRE(exited);
  CHECK_FALSE(exited->exit_code);
  CHECK(exited->reason.starts_with("TaskDependencyError: "));
}

TEST_CASE_TEMPLATE("stopping a task ends also the containers that were still waiting", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  TaskSpec task = probe_task({"sleep-forever"});
  task.containers[0].depends_on = {{"setup", "COMPLETE"}};
  task.containers.push_back(probe_container("setup", {"sleep-forever"}));
  rig.driver().start(task);
  REQUIRE(wait_started(rig, task.task_id, "setup"));
  rig.driver().stop(task.task_id);
  const auto exited = wait_exit(rig, task.task_id);
  REQUIRE(exited);
  CHECK_FALSE(exited->exit_code);
  CHECK(wait_exit(rig, task.task_id, "setup")->exit_code == 143);
}

TEST_CASE_TEMPLATE("health checks run inside the container: HEALTHY, or UNHEALTHY after its retries", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  TaskSpec good = probe_task({"sleep-forever"}), bad = probe_task({"sleep-forever"});
  good.containers[0].health_check = HealthCheck{{"CMD", "/probe", "has", "/probe", "exit", "0"}, Duration(30), Duration(2'000), Duration(0), 2};
  bad.containers[0].health_check = HealthCheck{{"CMD", "/probe", "exit", "1"}, Duration(30), Duration(2'000), Duration(0), 2};
  rig.driver().start(good);
  rig.driver().start(bad);
  const auto health = [&](const TaskSpec& task) {
    const auto all = rig.recorder().template all<ContainerHealthChanged>(task.task_id);
    return all.empty() ? std::string() : all.back().status;
  };
  CHECK(rig.wait([&] { return health(good) == "HEALTHY"; }));
  CHECK(rig.wait([&] { return health(bad) == "UNHEALTHY"; }));
}

TEST_CASE_TEMPLATE("usage is told for each running container and grows with work", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  const TaskSpec task = probe_task({"burn", "200", "sleep-forever"});
  rig.driver().start(task);
  CHECK(rig.wait([&] {
    const auto all = rig.recorder().template all<Usage>(task.task_id);
    return !all.empty() && all.back().cpu_ns >= 150'000'000 && all.back().memory_bytes > 0;
  }));
  const auto all = rig.recorder().template all<Usage>(task.task_id);
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i].cpu_ns >= all[i - 1].cpu_ns);
  CHECK(all.front().node_id == task.node_id);
}

TEST_CASE_TEMPLATE("restart policy: who ran for its period starts again and the task goes on, until it is stopped", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  TaskSpec task = probe_task({"last", "300", "exit", "3"});
  task.containers[0].restart = RestartPolicy{Duration(200), {}};
  rig.driver().start(task);
  REQUIRE(rig.wait([&] { return rig.recorder().template all<ContainerRestarted>(task.task_id, "app").size() >= 2; }));
  const auto restarts = rig.recorder().template all<ContainerRestarted>(task.task_id);
  CHECK(restarts[0].count == 1);
  CHECK(restarts[1].count == 2);
  CHECK(restarts[1].at - restarts[0].at >= Duration(200));
  CHECK(rig.recorder().template all<ContainerStarted>(task.task_id).size() == 1);
  CHECK(rig.recorder().template all<ContainerExited>(task.task_id).empty());
  const auto adopted = rig.restart();
  CHECK(restarts_in(adopted, task.task_id) >= 2);
  CHECK_FALSE(exit_in(adopted, task.task_id));
  REQUIRE(rig.wait([&] { return !rig.recorder().template all<ContainerRestarted>(task.task_id).empty(); }));  // also by the next engine
  rig.driver().stop(task.task_id);
  const auto exited = wait_exit(rig, task.task_id);
  REQUIRE(exited);
  CHECK((exited->exit_code == 143 || exited->exit_code == 3));  // the stop may have met its end
}

TEST_CASE_TEMPLATE("restart policy: a run that was too short, an ignored exit code: these are ends", Rig, RUNTIMES) {
  Rig rig;
  if (!rig.usable()) return;
  TaskSpec brief = probe_task({"exit", "3"}), ignored = probe_task({"last", "300", "exit", "7"});
  brief.containers[0].restart = RestartPolicy{Duration(60'000), {}};
  ignored.containers[0].restart = RestartPolicy{Duration(100), {0, 7}};
  rig.driver().start(brief);
  rig.driver().start(ignored);
  REQUIRE(wait_exit(rig, brief.task_id));
  CHECK(wait_exit(rig, brief.task_id)->exit_code == 3);
  REQUIRE(wait_exit(rig, ignored.task_id));
  CHECK(wait_exit(rig, ignored.task_id)->exit_code == 7);
  CHECK(rig.recorder().template all<ContainerRestarted>().empty());
}

TEST_CASE_TEMPLATE("restart policy: the container's files and output go on, its health begins anew", Rig, ProcessRig, DockerRig) {
  Rig rig;
  if (!rig.usable()) return;
  TaskSpec task = probe_task({"count", "/runs", "last", "1500", "exit", "3"});
  task.containers[0].restart = RestartPolicy{Duration(1'000), {}};
  task.containers[0].health_check = HealthCheck{{"CMD", "/probe", "exit", "0"}, Duration(100), Duration(2'000), Duration(0), 2};
  rig.driver().start(task);
  REQUIRE(rig.wait([&] { return rig.output(task.task_id).size() >= 2 && rig.output(task.task_id).back() == "2"; }));
  REQUIRE(rig.wait([&] { return rig.recorder().template all<ContainerHealthChanged>(task.task_id).size() >= 2; }));
  for (const ContainerHealthChanged& health : rig.recorder().template all<ContainerHealthChanged>(task.task_id)) CHECK(health.status == "HEALTHY");
  rig.driver().stop(task.task_id);
  REQUIRE(wait_exit(rig, task.task_id));
}

TEST_CASE_TEMPLATE("a fixed port: each container has it to itself and answers at the machine's port it was given", Rig, ProcessRig, DockerRig) {
  Rig rig;
  if (!rig.usable()) return;
  TaskSpec one = probe_task({"serve"}), two = probe_task({"serve"});
  for (TaskSpec* task : {&one, &two}) {
    task->containers[0].environment = {{"HOST", "0.0.0.0"}};  // and no PORT: it is the program's own, 8080
    task->containers[0].ports = {{8080, "127.0.1.7", free_port("127.0.1.7"), "tcp"}};
    rig.driver().start(*task);
  }
  for (const TaskSpec& task : {one, two}) {
    const PortBinding& port = task.containers[0].ports[0];
    CHECK(rig.wait([&] { return http_get(port.host_ip, port.host_port).ends_with("ok"); }));
  }
  rig.restart();  // nothing of it hangs on the engine
  for (const TaskSpec& task : {one, two}) {
    const PortBinding& port = task.containers[0].ports[0];
    CHECK(http_get(port.host_ip, port.host_port).ends_with("ok"));
    rig.driver().stop(task.task_id);
    REQUIRE(wait_exit(rig, task.task_id));
    CHECK(connect_to(port.host_ip, port.host_port) < 0);
  }
}

TEST_CASE_TEMPLATE("awsvpc: a task's containers share one network, which is reached at the task's address", Rig, ProcessRig, DockerRig) {
  Rig rig;
  if (!rig.usable()) return;
  TaskSpec task = probe_task({"serve"});
  task.network_mode = "awsvpc";
  task.containers[0].environment = {{"HOST", "0.0.0.0"}};
  task.containers[0].ports = {{8080, "127.0.3.9", 8080, "tcp"}};
  task.containers[0].depends_on = {{"setup", "SUCCESS"}};
  task.containers.push_back(probe_container("setup", {"exit", "0"}));
  task.containers.push_back(probe_container("side", {"get", "127.0.0.1", "8080", "exit", "5"}));
  task.containers.push_back(probe_container("last", {"sleep-forever"}));
  task.containers[3].depends_on = {{"side", "COMPLETE"}};
  rig.driver().start(task);
  const auto side = wait_exit(rig, task.task_id, "side");
  REQUIRE(side);
  CHECK_MESSAGE(side->exit_code == 5, side->reason);
  CHECK(rig.output(task.task_id, "side") == std::vector<std::string>{"ok"});
  REQUIRE(wait_started(rig, task.task_id, "last"));  // joins although others have come and gone
  CHECK(rig.wait([&] { return http_get("127.0.3.9", 8080).ends_with("ok"); }));
  const auto adopted = rig.restart();
  REQUIRE(adopted.size() == 1);
  CHECK(adopted[0].spec.containers.size() == 4);
  CHECK(exit_in(adopted, task.task_id, "side")->exit_code == 5);
  CHECK(http_get("127.0.3.9", 8080).ends_with("ok"));
  rig.driver().stop(task.task_id);
  REQUIRE(wait_exit(rig, task.task_id));
  REQUIRE(wait_exit(rig, task.task_id, "last"));
  CHECK(rig.wait([&] { return connect_to("127.0.3.9", 8080) < 0; }));
  for (const ContainerExited& exited : rig.recorder().template all<ContainerExited>(task.task_id)) CHECK(exited.exit_code == 143);
}

TEST_CASE_TEMPLATE("volumes: a task's own is shared by its containers, a path of the machine is the machine's", Rig, ProcessRig, DockerRig) {
  Rig rig;
  if (!rig.usable()) return;
  const std::filesystem::path shared = rig.state / "shared directory";
  std::filesystem::create_directory(shared);
  TaskSpec task = probe_task({"has", "/data/deep/from-setup", "write", "/host/from-app", "exit", "7"});
  const std::vector<Mount> mounts = {{task_volume_prefix(task.task_id) + "scratch", "/data/deep", false}, {shared.string(), "/host", false}};
  task.containers[0].depends_on = {{"setup", "SUCCESS"}};
  task.containers[0].read_only_root = true;
  task.containers[0].mounts = mounts;
  task.containers.push_back(probe_container("setup", {"write", "/data/deep/from-setup", "exit", "0"}));
  task.containers[1].mounts = mounts;
  rig.driver().start(task);
  const auto exited = wait_exit(rig, task.task_id);
  REQUIRE(exited);
  CHECK_MESSAGE(exited->exit_code == 7, exited->reason);
  CHECK(std::filesystem::exists(shared / "from-app"));
  TaskSpec reader = probe_task({"write", "/host/forbidden", "has", "/host/forbidden", "exit", "0"});
  reader.containers[0].mounts = {{shared.string(), "/host", true}};
  rig.driver().start(reader);
  REQUIRE(wait_exit(rig, reader.task_id));
  CHECK(wait_exit(rig, reader.task_id)->exit_code == 44);
  // Another task's volume of that name is another one.
  TaskSpec other = probe_task({"has", "/data/deep/from-setup", "exit", "0"});
  other.containers[0].mounts = {{task_volume_prefix(other.task_id) + "scratch", "/data/deep", false}};
  rig.driver().start(other);
  REQUIRE(wait_exit(rig, other.task_id));
  CHECK(wait_exit(rig, other.task_id)->exit_code == 44);
}

TEST_CASE_TEMPLATE("ulimits hold in the container", Rig, ProcessRig, DockerRig) {
  Rig rig;
  if (!rig.usable()) return;
  TaskSpec task = probe_task({"show-files", "exit", "0"});
  task.containers[0].ulimits = {{"nofile", 321, 654}};
  rig.driver().start(task);
  REQUIRE(wait_exit(rig, task.task_id));
  CHECK(rig.output(task.task_id) == std::vector<std::string>{"files 321 654"});
}

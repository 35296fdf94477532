#include "drivers/process/process_driver.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "drivers/conformance_rigs.h"
#include "drivers/files.h"
#include "drivers/process/container_files.h"
#include "drivers/process/shim/relay.h"
#include "drivers/process_identity.h"
#include "drivers/process/task_directory.h"
#include "drivers/spec_json.h"

using namespace drivers;
using namespace drivers::process;
using namespace drivers::testing;
namespace fs = std::filesystem;

namespace {
/// The engine of engine_standin_program.cpp, killed at the latest when this goes.
class Standin {
 public:
  Standin(const ProcessRig& rig, const TaskSpec& task, const char* command, const std::string& crash_at = {}) {
    const fs::path spec = rig.state / ("spec-" + task.task_id);
    std::ofstream(spec) << spec_to_json(task);
    std::vector<std::string> words{DRIVERS_ENGINE_STANDIN, rig.state, rig.image, SCALEOUT_SHIM, spec, command};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::string crash = "SCALEOUT_CRASH_AT=" + crash_at, path = "PATH=/usr/local/bin:/usr/bin:/bin";
    char* environment[] = {path.data(), crash.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    REQUIRE(posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environment) == 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Standin() { kill_now(); }
  /// Its end by its own crash point.
  void wait_crash() {
    int status = 0;
    REQUIRE(waitpid(pid_, &status, 0) == pid_);
    pid_ = -1;
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
  }
  void kill_now() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

Status status_of(const ProcessRig& rig, const TaskSpec& task) {
  return decode_status(read_whole(TaskDirectories(rig.state).container(task.task_id, "app") / kStatusFile).value_or(""));
}

bool alive(int pid) { return process_start_time(pid).has_value(); }

/// While it lives no status of the container can be written, as on a full disk.
class FullDisk {
 public:
  FullDisk(const ProcessRig& rig, const TaskSpec& task)
      : path_(TaskDirectories(rig.state).container(task.task_id, "app") / (std::string(kStatusFile) + ".new")) {
    REQUIRE(::mkdir(path_.c_str(), 0700) == 0);
  }
  ~FullDisk() { ::rmdir(path_.c_str()); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  fs::path path_;
};

bool wait_exit(ProcessRig& rig, const TaskSpec& task) {
  return rig.wait([&] { return !rig.recorder().all<ContainerExited>(task.task_id, "app").empty(); });
}
ContainerExited exit_of(ProcessRig& rig, const TaskSpec& task) {
  REQUIRE(wait_exit(rig, task));
  return rig.recorder().all<ContainerExited>(task.task_id, "app").front();
}
bool wait_output(ProcessRig& rig, const TaskSpec& task, const std::string& line) {
  return rig.wait([&] {
    const auto lines = rig.output(task.task_id);
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  });
}
}  // namespace

TEST_CASE("an engine killed at any step of a start: the next one has the task running, once") {
  for (const char* step : {"after_task_dir", "after_launch_file", "while_spawning", "after_spawn"}) {
    CAPTURE(step);
    ProcessRig rig;
    rig.lose_engine();
    const TaskSpec task = probe_task({"print", "hello", "sleep-forever"});
    Standin(rig, task, "start", step).wait_crash();
    const auto adopted = rig.restart();
    REQUIRE(adopted.size() == 1);
    rig.driver().start(task);  // the engine repeats what it had committed
    CHECK(wait_output(rig, task, "hello"));
    const bool told = rig.wait([&] {
      return started_in(adopted, task.task_id) || !rig.recorder().all<ContainerStarted>(task.task_id).empty();
    });
    CHECK(told);
    rig.driver().stop(task.task_id);
    CHECK(exit_of(rig, task).exit_code == 143);
    CHECK(rig.output(task.task_id).size() == 1);  // it ran once
  }
}

TEST_CASE("an engine killed while its task runs: nothing of the task notices") {
  ProcessRig rig;
  rig.lose_engine();
  const TaskSpec task = probe_task({"on-term", "4", "print", "before", "sleep-forever"});
  Standin engine(rig, task, "start");
  const auto printed = [&] {
    const std::string log = read_whole(TaskDirectories(rig.state).logs().file(task.task_id, "app")).value_or("");
    return log.find("before") != std::string::npos;
  };
  REQUIRE(rig.wait(printed));
  engine.kill_now();
  const auto apps = children_of(status_of(rig, task).init_pid);
  REQUIRE(apps.size() == 1);
  ::kill(apps[0], SIGTERM);  // it is alive, and ends while there is no engine
  REQUIRE(rig.wait([&] { return status_of(rig, task).exited_ms != 0; }));
  const auto adopted = rig.restart();
  REQUIRE(exit_in(adopted, task.task_id));
  CHECK(exit_in(adopted, task.task_id)->exit_code == 4);
  CHECK(rig.output(task.task_id) == std::vector<std::string>{"before"});
}

TEST_CASE("a stop goes on to its SIGKILL although the engine dies in the middle") {
  ProcessRig rig;
  TaskSpec task = probe_task({"ignore-term", "print", "ready", "sleep-forever"});
  task.containers[0].stop_timeout = Duration(300);
  rig.driver().start(task);
  REQUIRE(wait_output(rig, task, "ready"));
  rig.driver().stop(task.task_id);
  rig.lose_engine();  // the destructor finishes the queue, so the signal is sent
  const Status before = status_of(rig, task);
  const ProcessHandle shim = ProcessHandle::open(before.shim_pid, before.shim_start);
  CHECK(shim.wait(10'000));
  const auto adopted = rig.restart();
  REQUIRE(exit_in(adopted, task.task_id));
  CHECK(exit_in(adopted, task.task_id)->exit_code == 137);
}

TEST_CASE("an engine killed between deciding a stop and sending it: the next one sends it, and starts nothing more") {
  ProcessRig rig;
  TaskSpec task = probe_task({"sleep-forever"});
  task.containers[0].depends_on = {{"setup", "COMPLETE"}};
  task.containers.push_back(probe_container("setup", {"sleep-forever"}));
  rig.driver().start(task);
  REQUIRE(rig.wait([&] { return !rig.recorder().all<ContainerStarted>(task.task_id, "setup").empty(); }));
  rig.lose_engine();
  Standin(rig, task, "stop", "after_stop_mark").wait_crash();
  rig.restart();  // nobody repeats the stop
  CHECK_FALSE(exit_of(rig, task).exit_code);
  REQUIRE(rig.wait([&] { return !rig.recorder().all<ContainerExited>(task.task_id, "setup").empty(); }));
  CHECK(rig.recorder().all<ContainerExited>(task.task_id, "setup")[0].exit_code == 143);
}

TEST_CASE("a node's cores are a hard limit for its tasks") {
  ProcessRig rig;
  if (!rig.enforces_memory()) return skip_or_fail("CPU limits (no writable cpu cgroup)");
  const TaskSpec task = probe_task({"burn", "100", "exit", "0"});
  rig.driver().set_node({task.node_id, task.node_address, 0.1, MiB{1024}});
  rig.driver().start(task);
  const ContainerExited exited = exit_of(rig, task);
  CHECK(exited.exit_code == 0);
  CHECK(exited.at - rig.recorder().all<ContainerStarted>(task.task_id)[0].at >= Duration(600));
}

TEST_CASE("a killed shim takes its container along, and the driver says so") {
  ProcessRig rig;
  const TaskSpec task = probe_task({"spawn", "print", "ready", "sleep-forever"});
  rig.driver().start(task);
  REQUIRE(wait_output(rig, task, "ready"));
  const Status status = status_of(rig, task);
  const ProcessHandle init = ProcessHandle::open(status.init_pid, status.init_start);
  REQUIRE(ProcessHandle::open(status.shim_pid, status.shim_start).signal(SIGKILL));
  const ContainerExited exited = exit_of(rig, task);
  CHECK(exited.exit_code == 137);
  CHECK(exited.reason.starts_with("ContainerVanishedError: "));
  CHECK(init.wait(10'000));
  CHECK(exit_in(rig.restart(), task.task_id)->exit_code == 137);
}

TEST_CASE("a disk that is full for a while costs no exit code") {
  ProcessRig rig;
  const TaskSpec task = probe_task({"on-term", "0", "print", "ready", "sleep-forever"});
  rig.driver().start(task);
  REQUIRE(wait_output(rig, task, "ready"));
  REQUIRE(rig.wait([&] { return status_of(rig, task).init_pid != 0; }));
  const Status status = status_of(rig, task);
  {
    const FullDisk full(rig, task);
    for (const int app : children_of(status.init_pid)) ::kill(app, SIGTERM);
    REQUIRE(rig.wait([&] { return !alive(status.init_pid); }));
    ::usleep(200'000);  // so that the shim has met it
    CHECK(rig.recorder().all<ContainerExited>(task.task_id).empty());
  }
  CHECK(exit_of(rig, task).exit_code == 0);
}

TEST_CASE("a disk that is full for a while: what was started then is told afterwards") {
  ProcessRig rig;
  TaskSpec task = probe_task({"on-term", "1", "print", "ready", "sleep-forever"});
  task.containers[0].restart = RestartPolicy{Duration(1), {}};
  task.containers[0].health_check =
      HealthCheck{{"CMD", "/probe", "exit", "0"}, Duration(100), Duration(2'000), Duration(0), 2};
  rig.driver().start(task);
  const auto healthy = [&] { return rig.recorder().all<ContainerHealthChanged>(task.task_id).size(); };
  REQUIRE(rig.wait([&] { return healthy() == 1; }));
  {
    const FullDisk full(rig, task);
    for (const int app : children_of(status_of(rig, task).init_pid)) ::kill(app, SIGTERM);
    REQUIRE(rig.wait([&] { return rig.output(task.task_id).size() >= 3; }));  // ready, a note of the restart, ready
    ::usleep(300'000);  // and its health was looked at
    CHECK(rig.recorder().all<ContainerRestarted>(task.task_id).empty());
  }
  CHECK(rig.wait([&] { return rig.recorder().all<ContainerRestarted>(task.task_id).size() == 1 && healthy() == 2; }));
}

TEST_CASE("a disk that stays full keeps no shim from ending: not from a stop, not from being forgotten") {
  ProcessRig rig;
  TaskSpec stopped = probe_task({"on-term", "0", "print", "ready", "sleep-forever"});
  TaskSpec forgotten = probe_task(stopped.containers[0].command);
  for (TaskSpec* task : {&stopped, &forgotten}) {
    task->containers[0].stop_timeout = Duration(500);
    rig.driver().start(*task);
    REQUIRE(wait_output(rig, *task, "ready"));
    REQUIRE(rig.wait([&] { return status_of(rig, *task).init_pid != 0; }));
    const Status status = status_of(rig, *task);
    const FullDisk full(rig, *task);
    for (const int app : children_of(status.init_pid)) ::kill(app, SIGTERM);
    REQUIRE(rig.wait([&] { return !alive(status.init_pid); }));
    if (task == &stopped) {
      rig.driver().stop(task->task_id);
      CHECK(exit_of(rig, *task).exit_code == 137);  // nobody can know better
    } else {
      rig.driver().forget(task->task_id);
    }
    CHECK(rig.wait([&] { return !alive(status.shim_pid); }));
  }
}

TEST_CASE("a killed container is an exit with 137, its children go with it") {
  ProcessRig rig;
  const TaskSpec task = probe_task({"spawn", "print", "ready", "sleep-forever"});
  rig.driver().start(task);
  REQUIRE(wait_output(rig, task, "ready"));
  const Status status = status_of(rig, task);
  const auto children = children_of(status.init_pid);
  REQUIRE_FALSE(children.empty());
  ::kill(children[0], SIGKILL);
  CHECK(exit_of(rig, task).exit_code == 137);
  CHECK_FALSE(alive(status.init_pid));
}

TEST_CASE("a pid that belongs to someone else by now is never signalled") {
  CHECK_FALSE(ProcessHandle::open(::getpid(), process_start_time(::getpid()).value() + 1));
  CHECK_FALSE(ProcessHandle::open(0, 0));
  ProcessRig rig;
  const TaskSpec task = probe_task({"print", "ready", "sleep-forever"});
  rig.driver().start(task);
  REQUIRE(wait_output(rig, task, "ready"));
  const Status real = status_of(rig, task);
  rig.lose_engine();
  // As if the shim were gone and its numbers had been given to this test, and once more to another boot.
  ProcessHandle::open(real.shim_pid, real.shim_start).signal(SIGKILL);
  REQUIRE(rig.wait([&] { return !alive(real.init_pid) && !alive(real.shim_pid); }));
  for (const bool rebooted : {false, true}) {
    Status forged = real;
    forged.shim_pid = forged.init_pid = ::getpid();
    if (rebooted) forged.boot_id = "another", forged.shim_start = forged.init_start = process_start_time(::getpid()).value();
    replace_whole(TaskDirectories(rig.state).container(task.task_id, "app") / kStatusFile, encode(forged), false);
    const auto adopted = rig.restart();
    REQUIRE(exit_in(adopted, task.task_id));
    CHECK(exit_in(adopted, task.task_id)->exit_code == 137);
    if (rebooted) CHECK(exit_in(adopted, task.task_id)->reason == "ContainerVanishedError: the machine was restarted");
  }
}

TEST_CASE("HOST and PORT: the container listens where the balancer will look for it") {
  ProcessRig rig;
  TaskSpec task = probe_task({"serve"});
  task.containers[0].ports = {{8080, "127.0.1.7", free_port("127.0.1.7"), "tcp"}};
  task.containers[0].environment = {{"HOST", "0.0.0.0"}, {"PORT", "8080"}};  // as images and definitions have it
  rig.driver().start(task);
  REQUIRE(wait_output(rig, task, "serving"));
  CHECK(http_get("127.0.1.7", task.containers[0].ports[0].host_port).find("200 OK") != std::string::npos);
}

TEST_CASE("forwarded ports: the relay ends with its shim, however that ends, and the port is free again") {
  ProcessRig rig;
  for (const bool killed : {false, true}) {
    TaskSpec task = probe_task({"serve"});
    task.containers[0].ports = {{8080, "127.0.1.7", free_port("127.0.1.7"), "tcp"}};
    const int port = task.containers[0].ports[0].host_port;
    rig.driver().start(task);
    REQUIRE(rig.wait([&] { return http_get("127.0.1.7", port).ends_with("ok"); }));
    const Status status = status_of(rig, task);
    const std::vector<int> children = children_of(status.shim_pid);
    CHECK(children.size() == 2);  // the container and the relay
    const int open = connect_to("127.0.1.7", port);
    if (killed) ProcessHandle::open(status.shim_pid, status.shim_start).signal(SIGKILL);
    else rig.driver().stop(task.task_id);
    CHECK(exit_of(rig, task).exit_code == (killed ? 137 : 143));
    for (const int child : children) CHECK(rig.wait([&] { return !alive(child); }));
    char byte = 0;
    CHECK(::read(open, &byte, 1) <= 0);
    ::close(open);
    const int again = listen_on("127.0.1.7", port);
    CHECK(again >= 0);
    ::close(again);
  }
}

TEST_CASE("forwarded ports: without its relay nobody reaches a container, so it ends and says why") {
  ProcessRig rig;
  TaskSpec task = probe_task({"serve"});
  task.containers[0].ports = {{8080, "127.0.1.7", free_port("127.0.1.7"), "tcp"}};
  rig.driver().start(task);
  REQUIRE(wait_output(rig, task, "serving"));
  const std::vector<int> children = children_of(status_of(rig, task).shim_pid);
  const auto relay = std::find_if(children.begin(), children.end(), [](int pid) {
    return read_whole("/proc/" + std::to_string(pid) + "/comm").value_or("") == "scaleout-relay\n";
  });
  REQUIRE(relay != children.end());
  ::kill(*relay, SIGKILL);
  const ContainerExited exited = exit_of(rig, task);
  CHECK(exited.exit_code == 137);
  CHECK(exited.reason.starts_with("ContainerRuntimeError: the relay of its ports"));
}

TEST_CASE("forwarded ports: an address that is taken keeps the container from starting, with a sentence") {
  ProcessRig rig;
  TaskSpec task = probe_task({"serve"});
  const int port = free_port("127.0.1.7");
  task.containers[0].ports = {{8080, "127.0.1.7", port, "tcp"}};
  const int taken = listen_on("127.0.1.7", port);
  rig.driver().start(task);
  const ContainerExited exited = exit_of(rig, task);
  CHECK_FALSE(exited.exit_code);
  CHECK_MESSAGE(exited.reason.find(std::to_string(port) + ": Address already in use") != std::string::npos, exited.reason);
  ::close(taken);
}

TEST_CASE("a network of one's own: the machine's is not there, but for what the engine lets tasks reach") {
  ProcessRig rig;
  const int port = free_port("127.0.1.7"), hidden = free_port("127.0.1.7");
  TaskSpec server = probe_task({"serve"});  // told by HOST and PORT, so in the machine's network
  server.containers[0].environment = {{"HOST", "0.0.0.0"}, {"PORT", "8080"}};
  server.containers[0].ports = {{8080, "127.0.1.7", port, "tcp"}};
  rig.reachable = {{"127.0.1.7", port}};
  rig.restart();
  rig.driver().start(server);
  REQUIRE(wait_output(rig, server, "serving"));
  TaskSpec task = probe_task({"get", "127.0.1.7", std::to_string(port), "exit", "5"}), shut = probe_task({"get", "127.0.1.7", std::to_string(hidden)});
  for (TaskSpec* one : {&task, &shut}) {
    one->network_mode = "awsvpc";
    rig.driver().start(*one);
  }
  CHECK(exit_of(rig, task).exit_code == 5);
  CHECK(rig.output(task.task_id) == std::vector<std::string>{"ok"});
  const int listener = listen_on("127.0.1.7", hidden);
  CHECK(connect_to("127.0.1.7", hidden) >= 0);
  ::fcntl(listener, F_SETFL, O_NONBLOCK);
  ::close(::accept(listener, nullptr, nullptr));           // ours
  CHECK(::accept(listener, nullptr, nullptr) < 0);         // not the task's, which tries all the time
  CHECK(rig.recorder().all<ContainerExited>(shut.task_id).empty());
  ::close(listener);
}

TEST_CASE("a container has its own root and processes, and never writes to its image") {
  ProcessRig rig;
  TaskSpec task = probe_task({"write", "/made", "has", "/made", "ids", "print", "done", "exit", "0"});
  TaskSpec read_only = probe_task({"write", "/made", "has", "/made"});
  read_only.containers[0].read_only_root = true;
  TaskSpec user = probe_task({"ids", "exit", "0"});
  user.containers[0].user = "1000:1001";
  TaskSpec nobody = probe_task({"exit", "0"});
  nobody.containers[0].user = "no-such-user";
  TaskSpec outside = probe_task({"has", rig.state.string()});
  for (const TaskSpec& one : {task, read_only, user, nobody, outside}) rig.driver().start(one);
  CHECK(exit_of(rig, task).exit_code == 0);
  CHECK_FALSE(fs::exists(rig.image / "made"));
  CHECK(exit_of(rig, read_only).exit_code == 44);
  CHECK(exit_of(rig, user).exit_code == 0);
  CHECK(rig.output(user.task_id)[0].starts_with("uid 1000 gid 1001 pid 2"));
  CHECK(rig.output(task.task_id)[0].starts_with("uid 0 gid 0 pid 2"));
  CHECK(exit_of(rig, nobody).reason == "CannotStartContainerError: unable to find user no-such-user: no matching entries in passwd file");
  CHECK(exit_of(rig, outside).exit_code == 44);
}

TEST_CASE("what this runtime cannot do is refused with the way out") {
  ProcessRig rig;
  TaskSpec ports = probe_task({"serve"}), links = probe_task({"serve"}), image = probe_task({"serve"}), name = probe_task({"serve"});
  ports.containers[0].ports = {{53, "127.0.1.7", 32768, "udp"}};
  links.containers[0].links = {"db"};
  image.containers[0].image = "missing";
  name.containers[0].name = "../../escape";
  for (const TaskSpec& one : {ports, links, image, name}) rig.driver().start(one);
  for (const TaskSpec& one : {ports, links}) {
    const ContainerExited exited = exit_of(rig, one);
    CHECK_FALSE(exited.exit_code);
    CHECK(exited.reason.find("--runtime docker") != std::string::npos);
  }
  CHECK(exit_of(rig, image).reason == "CannotPullContainerError: pull access denied for missing");
  REQUIRE(rig.wait([&] { return !rig.recorder().all<ContainerExited>(name.task_id).empty(); }));
  CHECK(rig.recorder().all<ContainerExited>(name.task_id)[0].reason.starts_with("CannotCreateContainerError: "));
  CHECK(exit_in(rig.restart(), image.task_id)->reason == "CannotPullContainerError: pull access denied for missing");
}

TEST_CASE("output: both streams with their times, bounded on disk") {
  ProcessRig rig;
  const TaskSpec small = probe_task({"print", "to out", "error", "to err", "exit", "0"});
  rig.driver().start(small);
  exit_of(rig, small);
  const auto files = rig.driver().log_files(small.task_id);
  REQUIRE(files.size() == 1);
  const std::string text = read_whole(files[0].path).value();
  CHECK(text.find("Z stdout F to out\n") != std::string::npos);
  CHECK(text.find("Z stderr F to err\n") != std::string::npos);

  rig.log_limit = 256 * 1024;
  rig.restart();
  const TaskSpec much = probe_task({"print-many", "100000", "print", "last", "exit", "0"});
  rig.driver().start(much);
  exit_of(rig, much);
  CHECK(rig.output(much.task_id).back() == "last");
  const std::string path = rig.driver().log_files(much.task_id)[0].path;
  CHECK(fs::file_size(path) <= 256 * 1024);
  CHECK(fs::file_size(path + ".1") <= 256 * 1024);
  rig.driver().forget(much.task_id);
  rig.restart();
  CHECK(rig.driver().log_files(much.task_id).size() == 1);  // logs outlive the task
}

TEST_CASE("without bubblewrap a task runs plainly, says so, and is stopped with its children") {
  ProcessRig rig;
  rig.bubblewrap = "";
  rig.restart();
  const TaskSpec task = probe_task({"spawn", "print", "ready", "sleep-forever"});
  rig.driver().start(task);
  REQUIRE(wait_output(rig, task, "ready"));
  CHECK(rig.output(task.task_id)[0].find("no sandbox here") != std::string::npos);
  const Status status = status_of(rig, task);
  const auto children = children_of(status.init_pid);
  REQUIRE(children.size() == 1);
  rig.driver().stop(task.task_id);
  CHECK(exit_of(rig, task).exit_code == 143);
  CHECK_FALSE(alive(children[0]));
}

TEST_CASE("forgetting a running task ends it at once and leaves nothing but its log") {
  ProcessRig rig;
  const TaskSpec task = probe_task({"ignore-term", "print", "ready", "sleep-forever"});
  rig.driver().start(task);
  REQUIRE(wait_output(rig, task, "ready"));
  const Status status = status_of(rig, task);
  rig.driver().forget(task.task_id);
  CHECK(rig.wait([&] { return !fs::exists(rig.state / "tasks" / task.task_id); }));
  CHECK_FALSE(alive(status.init_pid));
}

TEST_CASE("down: a sweep ends what a dead engine left, by SIGTERM first, and leaves no process, cgroup or directory") {
  ProcessRig rig;
  const TaskSpec polite = probe_task({"print", "ready", "sleep-forever"}), stubborn = probe_task({"ignore-term", "print", "ready", "sleep-forever"});
  for (const TaskSpec& task : {polite, stubborn}) {
    rig.driver().start(task);
    REQUIRE(wait_output(rig, task, "ready"));
  }
  const Status first = status_of(rig, polite), second = status_of(rig, stubborn);
  rig.lose_engine();
  const SweepReport report = sweep(rig.state, Duration(3'000));
  CHECK(report.stopped == 1);
  CHECK(report.killed == 1);
  CHECK(report.left.empty());
  for (const Status& status : {first, second}) {
    CHECK_FALSE(alive(status.shim_pid));
    CHECK_FALSE(alive(status.init_pid));
  }
  CHECK(fs::is_empty(rig.state / "tasks"));
  for (const char* controller : {"cpu", "memory", "pids", "cpuacct"}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(fs::path("/sys/fs/cgroup") / controller, error))
      CHECK_FALSE(read_whole(entry.path() / "cgroup.procs").value_or("").find(std::to_string(first.shim_pid) + "\n") == 0);
  }
  CHECK(rig.restart().empty());
}

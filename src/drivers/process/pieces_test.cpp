// The parts of the process runtime that need no process: rules of a launch, files, cgroup trees, log lines,
// dependencies.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "drivers/cgroup.h"
#include "drivers/dependencies.h"
#include "drivers/conformance_rigs.h"
#include "drivers/files.h"
#include "drivers/log_line.h"
#include "drivers/process/container_files.h"
#include "drivers/process/launch_plan.h"
#include "drivers/process/task_directory.h"
#include "drivers/restart.h"
#include "drivers/spec_json.h"

using namespace drivers;
using namespace drivers::process;
using namespace drivers::testing;
namespace fs = std::filesystem;

namespace {
struct TempDirectory {
  fs::path path;
  TempDirectory() {
    char name[] = "/tmp/scaleout-pieces-XXXXXX";
    path = fs::canonical(mkdtemp(name));
  }
  ~TempDirectory() { fs::remove_all(path); }
};

TaskSpec full_task() {
  TaskSpec task = probe_task({"a", "b"});
  task.cpu = {512};
  task.memory = MiB{256};
  task.task_arn = "arn:aws:ecs:us-east-1:123456789012:task/c/1";
  ContainerSpec& c = task.containers[0];
  c.environment = {{"KEY", "va=l\nue\"\\"}};
  c.memory = MiB{128};
  c.memory_reservation = MiB{64};
  c.cpu = {256};
  c.ports = {{8080, "127.0.1.7", 32768, "tcp"}};
  c.depends_on = {{"x", "START"}};
  c.links = {"x:alias"};
  c.restart = RestartPolicy{Duration(60'000), {0, 7}};
  c.health_check = HealthCheck{{"CMD-SHELL", "true"}, Duration(1), Duration(2), Duration(3), 4};
  return task;
}

bool has(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}
std::string text(const fs::path& path) { return read_whole(path).value_or("<none>"); }
}  // namespace

TEST_CASE("a task's specification survives its file, a damaged one is an error") {
  const TaskSpec task = full_task();
  const std::string json = spec_to_json(task);
  const auto read = spec_from_json(json);
  REQUIRE(read);
  CHECK(spec_to_json(*read) == json);
  CHECK(read->containers[0].environment == task.containers[0].environment);
  CHECK(read->containers[0].health_check->retries == 4);
  CHECK(read->containers[0].links == task.containers[0].links);
  CHECK(read->containers[0].restart->period == Duration(60'000));
  CHECK(read->containers[0].restart->ignored_exit_codes == std::vector<int>{0, 7});
  for (const char* bad : {"", "{", "[]", "{}", R"({"task_id":1})"}) CHECK(spec_from_json(bad).error().code == "InvalidSpec");
  for (std::size_t cut = 0; cut < json.size(); cut += 3) CHECK_FALSE(spec_from_json(json.substr(0, cut)));
}

TEST_CASE("launch and status survive their files, with any bytes in them") {
  Launch launch;
  launch.arguments = {"/app", "", "a b\n\"c"};
  launch.environment = {"A=1\n2", "B="};
  launch.stop_timeout = 1234;
  launch.health_retries = 7;
  launch.network = kOwnNetwork;
  launch.forwards = {{"127.0.1.7", 32768, 80}, {"127.0.1.7", 32769, 81}};
  launch.reachable = {{"127.0.0.1", 4566}, {"169.254.170.2", 80}};
  launch.restart = true;
  launch.restart_ignored = {0, 42};
  const Launch read = decode_launch(encode(launch));
  CHECK(read.arguments == launch.arguments);
  CHECK(read.environment == launch.environment);
  CHECK(encode(read) == encode(launch));
  CHECK(read.forwards == launch.forwards);
  CHECK(read.reachable == launch.reachable);
  CHECK(read.restart_ignored == launch.restart_ignored);
  Status status;
  status.shim_pid = 4;
  status.exit_code = 0;
  status.restarts = 3;
  status.restarted_ms = 99;
  status.reason = "SomeError: two words";
  CHECK(decode_status(encode(status)) == status);
  status.exit_code.reset();
  CHECK(decode_status(encode(status)) == status);
  status.reason = "line\nexit_code 5";
  CHECK_FALSE(decode_status(encode(status)).exit_code);
  CHECK(decode_status("") == Status{});
}

TEST_CASE("entry point, command and environment are merged as Docker does it") {
  ImageRoot image;
  image.entry_point = {"/image-entry"};
  image.command = {"image-command"};
  image.environment = {{"A", "image"}, {"B", "image"}};
  TaskSpec task = probe_task({});
  ContainerSpec& c = task.containers[0];
  const auto arguments = [&] { return plan_launch(task, c, image).arguments; };
  c.entry_point.clear();
  CHECK(arguments() == std::vector<std::string>{"/image-entry", "image-command"});
  c.command = {"mine"};
  CHECK(arguments() == std::vector<std::string>{"/image-entry", "mine"});
  c.entry_point = {"/my-entry"};
  CHECK(arguments() == std::vector<std::string>{"/my-entry", "mine"});
  c.command.clear();
  CHECK(arguments() == std::vector<std::string>{"/my-entry"});
  c.environment = {{"B", "mine"}};
  const Launch launch = plan_launch(task, c, image);
  CHECK(has(launch.environment, "A=image"));
  CHECK(has(launch.environment, "B=mine"));
  CHECK(launch.working_directory == "/");
}

TEST_CASE("health checks: CMD runs as it is, CMD-SHELL through the image's shell, NONE not at all") {
  TaskSpec task = full_task();
  const auto command = [&] { return plan_launch(task, task.containers[0], {}).health_command; };
  CHECK(command() == std::vector<std::string>{"/bin/sh", "-c", "true"});
  task.containers[0].health_check->command = {"CMD", "/a", "b"};
  CHECK(command() == std::vector<std::string>{"/a", "b"});
  task.containers[0].health_check->command = {"NONE"};
  CHECK(command().empty());
}

TEST_CASE("whose network: the machine's where a container is told its port, else one of its own with the ports forwarded") {
  TaskSpec task = full_task();
  ContainerSpec& c = task.containers[0];
  ImageRoot image;
  CHECK(network_of(task, c, image) == NetworkKind::own);
  Launch launch = plan_launch(task, c, image);
  CHECK(launch.network == kOwnNetwork);
  CHECK(launch.forwards == std::vector<PortForward>{{"127.0.1.7", 32768, 8080}});
  for (const std::string& pair : launch.environment) CHECK_FALSE(pair.starts_with("PORT="));
  image.environment["PORT"] = "8080";
  CHECK(network_of(task, c, image) == NetworkKind::own);  // it may listen at every address, where others do too
  image.environment["HOST"] = "0.0.0.0";
  CHECK(network_of(task, c, image) == NetworkKind::machine);
  launch = plan_launch(task, c, image);
  CHECK(launch.network.empty());
  CHECK(launch.forwards.empty());
  CHECK(has(launch.environment, "HOST=127.0.1.7"));
  CHECK(has(launch.environment, "PORT=32768"));
  image.environment.clear();
  c.environment["PORT"] = "8080";
  c.environment["HOST"] = "0.0.0.0";
  CHECK(network_of(task, c, image) == NetworkKind::machine);
  c.ports.push_back({9090, "127.0.1.7", 32770, "tcp"});  // one variable tells one port
  CHECK(network_of(task, c, image) == NetworkKind::own);
  CHECK(plan_launch(task, c, image).forwards.size() == 2);
  CHECK(has(plan_launch(task, c, image).environment, "PORT=8080"));
  task.network_mode = "host";
  CHECK(network_of(task, c, image) == NetworkKind::machine);
  task.network_mode = "none";
  CHECK(network_of(task, c, image) == NetworkKind::none);
  CHECK(plan_launch(task, c, image).no_network);
  task.network_mode = "awsvpc";
  CHECK(network_of(task, c, image) == NetworkKind::task);
  CHECK(plan_launch(task, c, image).forwards.size() == 2);
  task.network_mode = "bridge";
  c.ports.clear();  // nobody is to reach it: it may reach everyone
  CHECK(network_of(task, c, image) == NetworkKind::machine);
}

TEST_CASE("what processes cannot do is refused with a sentence that names --runtime docker") {
  TaskSpec task = full_task();
  task.containers[0].links.clear();
  CHECK(check_task(task));
  CHECK(check_forwarding(task.containers[0], ""));
  const auto says = [](const Result<void>& result, const char* what) {
    REQUIRE_FALSE(result);
    CHECK_MESSAGE(result.error().message.starts_with("CannotStartContainerError: "), result.error().message);
    CHECK_MESSAGE(result.error().message.find("--runtime docker") != std::string::npos, result.error().message);
    CHECK_MESSAGE(result.error().message.find(what) != std::string::npos, result.error().message);
  };
  says(check_forwarding(task.containers[0], "Operation not permitted"), "Operation not permitted");
  task.containers[0].ports.push_back({53, "127.0.1.7", 5353, "udp"});
  says(check_forwarding(task.containers[0], ""), "53/udp");
  task.containers[0].links = {"db"};
  says(check_task(task), "links");
  task.containers[0].links.clear();
  task.network_mode = "vlan";
  says(check_task(task), "'vlan'");
}

TEST_CASE("a restart takes a run of the policy's period and an exit code that is not ignored") {
  CHECK(may_restart(60'000, {}, 60'000, 0));
  CHECK(may_restart(60'000, {}, 90'000, 137));
  CHECK_FALSE(may_restart(60'000, {}, 59'999, 1));
  CHECK_FALSE(may_restart(60'000, {3, 0}, 90'000, 0));
  CHECK(may_restart(60'000, {3, 0}, 90'000, 1));
}

TEST_CASE("a link is a dependency with START, in starting and in stopping") {
  TaskSpec task = probe_task({});
  task.containers[0].links = {"db:database"};
  task.containers.push_back(probe_container("db", {}));
  std::vector<ContainerProgress> progress(2);
  std::string reason;
  CHECK(readiness(task, progress, 0, Instant{}, reason) == Readiness::wait);
  progress[1].started_at = Instant{};
  CHECK(readiness(task, progress, 0, Instant{}, reason) == Readiness::ready);
  progress[0].started_at = Instant{};
  CHECK(may_stop(task, progress, 0));
  CHECK_FALSE(may_stop(task, progress, 1));
}

TEST_CASE("cgroup v2: weights, quotas and limits are written where the kernel reads them") {
  TempDirectory root;
  std::ofstream(root.path / "cgroup.controllers") << "cpuset cpu io memory pids\n";
  CgroupTree tree = CgroupTree::detect(root.path, "k");
  REQUIRE(tree.kind() == CgroupTree::Kind::v2);
  CHECK(tree.has_cpu());
  CHECK(tree.has_memory());
  tree.set_node({"i-1", "127.0.1.7", 0.2, MiB{1024}});
  const fs::path node = root.path / "scaleout-k" / "i-1";
  CHECK(text(node / "cpu.max") == "2000 10000");
  CHECK(text(node / "memory.max") == "1073741824");
  TaskSpec task = full_task();
  task.node_id = "i-1";
  const ContainerCgroup made = tree.make(task, task.containers[0], 0.1);
  const fs::path leaf = node / task.task_id / "app";
  CHECK(made.procs_files == std::vector<std::string>{leaf / "cgroup.procs"});
  CHECK(made.oom_file == leaf / "memory.events");
  CHECK(text(leaf / "memory.max") == "134217728");
  CHECK(text(leaf / "cpu.weight") == "10");
  CHECK(text(node / task.task_id / "cpu.weight") == "20");
  CHECK(text(node / task.task_id / "cpu.max") == "1000 10000");
  std::ofstream(leaf / "cpu.stat") << "usage_usec 1500\nuser_usec 1\n";
  std::ofstream(leaf / "memory.current") << "1000000\n";
  std::ofstream(leaf / "memory.stat") << "anon 1\ninactive_file 400000\n";
  const auto used = tree.usage(task, "app");
  REQUIRE(used);
  CHECK(used->cpu_ns == 1'500'000);
  CHECK(used->memory_bytes == 600'000);
}

TEST_CASE("cgroup v1: each controller has its own tree; one that is missing is not missed") {
  TempDirectory root;
  for (const char* controller : {"cpu", "cpuacct", "memory"}) {
    fs::create_directory(root.path / controller);
    std::ofstream(root.path / controller / "cgroup.procs") << "";
  }
  CgroupTree tree = CgroupTree::detect(root.path, "k");
  REQUIRE(tree.kind() == CgroupTree::Kind::v1);
  tree.set_node({"i-1", "127.0.1.7", 0.05, MiB{64}});
  CHECK(text(root.path / "cpu/scaleout-k/i-1/cpu.cfs_period_us") == "20000");
  CHECK(text(root.path / "cpu/scaleout-k/i-1/cpu.cfs_quota_us") == "1000");
  TaskSpec task = full_task();
  task.node_id = "i-1";
  const ContainerCgroup made = tree.make(task, task.containers[0], 0);
  const std::string leaf = "scaleout-k/i-1/" + task.task_id + "/app/tasks";
  CHECK(made.procs_files ==
        std::vector<std::string>{root.path / "cpu" / leaf, root.path / "cpuacct" / leaf, root.path / "memory" / leaf});
  CHECK(text(root.path / "memory/scaleout-k/i-1" / task.task_id / "app/memory.limit_in_bytes") == "134217728");
  CHECK(text(root.path / "cpu/scaleout-k/i-1" / task.task_id / "app/cpu.shares") == "256");
  CHECK(CgroupTree::detect(root.path / "nothing", "k").kind() == CgroupTree::Kind::none);
}

TEST_CASE("shares become weights as container runtimes convert them") {
  CHECK(cpu_weight(2) == 1);
  CHECK(cpu_weight(1024) == 39);
  CHECK(cpu_weight(262'144) == 10'000);
  CHECK(cpu_weight(0) == 1);
  CHECK(cpu_quota(2).quota_us == 20'000);
  CHECK(cpu_quota(0.0001).quota_us == 1'000);
}

TEST_CASE("log lines are read back, anything else is not one") {
  const auto line = parse_log_line("2026-11-23T16:50:31.123Z stderr P half a line");
  REQUIRE(line);
  CHECK(to_iso8601(line->at) == "2026-11-23T16:50:31.123Z");
  CHECK(line->is_stderr);
  CHECK(line->partial);
  CHECK(line->text == "half a line");
  CHECK(parse_log_line("2026-11-23T16:50:31.123Z stdout F ")->text.empty());
  for (const char* bad : {"", "hello", "2026-11-23T16:50:31.123Z stdout X a", "2026-13-23T16:50:31.123Z stdout F a",
                          "2026-11-23T16:50:31.123Z other  F a"})
    CHECK_FALSE(parse_log_line(bad));
}

TEST_CASE("a task directory is there whole or not at all, and goes the same way") {
  TempDirectory state;
  fs::create_directories(state.path / "tasks/.new-left-over/c");
  fs::create_directory(state.path / "logs");
  const TaskDirectories directories(state.path);
  const TaskSpec task = full_task();
  REQUIRE(directories.create(task, "boot"));
  REQUIRE(directories.create(task, "another boot"));
  auto found = directories.find_all();
  REQUIRE(found.size() == 1);
  CHECK(found[0].boot_id == "boot");
  CHECK_FALSE(found[0].stopping);
  CHECK_FALSE(fs::exists(state.path / "tasks/.new-left-over"));
  directories.mark_stopping(task.task_id);
  CHECK(directories.find_all()[0].stopping);
  const auto prune = [&] {
    directories.logs().prune(1000, [&](const std::string& id) { return fs::exists(directories.task(id)); });
  };
  std::ofstream(state.path / "logs" / task.task_id / "app.log") << std::string(100'000, 'x');
  prune();
  CHECK(directories.logs().files(task.task_id).size() == 1);  // its task is there
  directories.remove(task.task_id);
  CHECK(directories.find_all().empty());
  CHECK(directories.logs().files(task.task_id).size() == 1);
  prune();
  CHECK(directories.logs().files(task.task_id).empty());
  CHECK(directories.logs().files("../../etc").empty());
}

// What only Docker has: ports, a daemon that hangs or restarts, engines that die between two commands, other people's hands.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "drivers/conformance_rigs.h"
#include "drivers/docker/container_config.h"
#include "drivers/docker/engine_api.h"
#include "drivers/docker/network_holder.h"
#include "drivers/docker/task_record.h"
#include "drivers/files.h"
#include "drivers/spec_json.h"

using namespace drivers;
using namespace drivers::testing;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {
/// The daemon's own word.
json::value ask(const std::string& target) {
  net::ClientRequest request;
  request.target = "/v1.41" + target;
  const auto answer = net::fetch(docker::parse_daemon(docker_daemon().url()).value(), std::move(request));
  REQUIRE_MESSAGE(answer, answer.error().message);
  json::error_code error;
  return json::parse(answer->body, error);
}

int command(const std::string& method, const std::string& target) {
  net::ClientRequest request;
  request.method = method;
  request.target = "/v1.41" + target;
  return net::fetch(docker::parse_daemon(docker_daemon().url()).value(), std::move(request)).value().status;
}

std::size_t containers_of(const DockerRig& rig) {
  return ask("/containers/json?all=1&" + docker::filter_of(state_key(rig.state.native()))).as_array().size();
}

bool started(DockerRig& rig, const TaskSpec& task) {
  return rig.wait([&] { return !rig.recorder().all<ContainerStarted>(task.task_id).empty(); });
}
std::optional<ContainerExited> exit_of(DockerRig& rig, const TaskSpec& task) {
  if (!rig.wait([&] { return !rig.recorder().all<ContainerExited>(task.task_id).empty(); })) return std::nullopt;
  return rig.recorder().all<ContainerExited>(task.task_id).front();
}

/// "ok" of the probe's server.
std::string get(const std::string& host, int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  std::string answer(256, '\0');
  ssize_t n = -1;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && ::write(fd, "GET / HTTP/1.1\r\n\r\n", 18) == 18)
    n = ::read(fd, answer.data(), answer.size());
  ::close(fd);
  answer.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return answer;
}
}  // namespace

TEST_CASE("docker: a port is on the node's own address, limits and labels are the container's") {
  DockerRig rig;
  if (!rig.usable()) return;
  rig.driver().set_node({"i-0123456789abcdef0", "127.0.1.7", 0.5, MiB{512}});
  TaskSpec task = probe_task({"serve"});
  task.cpu = {512};
  task.memory = MiB{128};
  ContainerSpec& container = task.containers[0];
  container.environment = {{"PORT", "8080"}, {"HOST", "0.0.0.0"}};
  container.ports = {{8080, "127.0.1.7", 31877, "tcp"}};
  container.memory = MiB{64};
  container.cpu = {256};
  container.ulimits = {{"nofile", 512, 1024}};
  rig.driver().start(task);
  REQUIRE(started(rig, task));
  CHECK(rig.wait([&] { return get("127.0.1.7", 31877).ends_with("ok"); }));
  CHECK(get("127.0.0.1", 31877).empty());
  const ContainerStarted told = rig.recorder().all<ContainerStarted>(task.task_id)[0];
  CHECK(get(told.address, 8080).ends_with("ok"));  // its address in Docker's network
  const std::string id = told.runtime_id;
  const int pid = static_cast<int>(ask("/containers/" + id + "/json").at("State").at("Pid").as_int64());
  const std::string parent = fmt::format("/scaleout-{}/{}/{}/", state_key(rig.state.native()), task.node_id, task.task_id);
  CHECK(read_whole(fmt::format("/proc/{}/cgroup", pid)).value_or("").find(parent + id) != std::string::npos);
  CHECK(read_whole(fmt::format("/proc/{}/limits", pid)).value_or("").find("Max open files            512                  1024") != std::string::npos);
  CHECK(rig.wait([&] { return !rig.recorder().all<Usage>(task.task_id).empty(); }));
  rig.driver().stop(task.task_id);
  REQUIRE(exit_of(rig, task));
  rig.driver().forget(task.task_id);
  CHECK(rig.wait([&] { return containers_of(rig) == 0; }));
}

TEST_CASE("docker: what a container writes is in its log file when its exit is told, and a later engine goes on there") {
  DockerRig rig;
  if (!rig.usable()) return;
  const TaskSpec brief = probe_task({"print", "out", "error", "err", "print-many", "500", "exit", "0"});
  rig.driver().start(brief);
  REQUIRE(exit_of(rig, brief));
  const auto lines = rig.output(brief.task_id);
  REQUIRE(lines.size() == 502);
  for (const char* one : {"out", "err", "line 0 of many, long enough to fill a file in a while", "line 499 of many, long enough to fill a file in a while"})
    CHECK(std::ranges::count(lines, one) == 1);  // in no order: they come through two pipes
  const TaskSpec slow = probe_task({"print", "before", "wait-for", "/go", "print", "after", "sleep-forever"});
  rig.driver().start(slow);
  REQUIRE(rig.wait([&] { return rig.output(slow.task_id).size() == 1; }));
  const std::string id = rig.recorder().all<ContainerStarted>(slow.task_id)[0].runtime_id;
  rig.lose_engine();
  // Nobody reads meanwhile; the daemon keeps it.
  REQUIRE(std::system(fmt::format("docker -H {} exec {} /probe write /go", docker_daemon().url(), id).c_str()) == 0);
  rig.restart();
  REQUIRE(rig.wait([&] { return rig.output(slow.task_id).size() >= 2; }));
  CHECK(rig.output(slow.task_id) == std::vector<std::string>{"before", "after"});
  CHECK(rig.output(brief.task_id).size() == 502);
}

TEST_CASE("docker: a container that someone else removes has vanished") {
  DockerRig rig;
  if (!rig.usable()) return;
  const TaskSpec task = probe_task({"sleep-forever"});
  rig.driver().start(task);
  REQUIRE(started(rig, task));
  CHECK(command("DELETE", "/containers/" + rig.recorder().all<ContainerStarted>(task.task_id)[0].runtime_id + "?force=1") == 204);
  const auto exited = exit_of(rig, task);
  REQUIRE(exited);
  CHECK(exited->exit_code == 137);
}

TEST_CASE("docker: an image that is nowhere ends the task with the daemon's words") {
  DockerRig rig;
  if (!rig.usable()) return;
  TaskSpec task = probe_task({});
  task.containers[0].image = "127.0.0.1:1/no/such:image";
  rig.driver().start(task);
  const auto exited = exit_of(rig, task);
  REQUIRE(exited);
  CHECK_FALSE(exited->exit_code);
  CHECK_MESSAGE(exited->reason.starts_with("CannotPullContainerError: "), exited->reason);
}

TEST_CASE("docker: an engine that dies at any step leaves one container, which the next one has") {
  for (const char* step : {"after_docker_record", "before_docker_create", "after_docker_create", "after_docker_start", "after_docker_exit"}) {
    CAPTURE(step);
    DockerRig rig;
    if (!rig.usable()) return;
    const bool ends = std::string(step) == "after_docker_exit";
    const TaskSpec task = ends ? probe_task({"exit", "6"}) : probe_task({"sleep-forever"});
    rig.lose_engine();
    replace_whole(rig.state / "task", spec_to_json(task), false);
    const int status = std::system(fmt::format("SCALEOUT_CRASH_AT={} {} {} {} {} >/dev/null 2>&1", step, DRIVERS_DOCKER_STANDIN, rig.state.string(),
                                               docker_daemon().url(), (rig.state / "task").string())
                                       .c_str());
    CHECK(status != 0);
    const auto adopted = rig.restart();
    REQUIRE(adopted.size() == 1);
    rig.driver().start(task);  // as an engine repeats it
    if (ends) {
      REQUIRE(exit_in(adopted, task.task_id));
      CHECK(exit_in(adopted, task.task_id)->exit_code == 6);
    } else {
      CHECK((started_in(adopted, task.task_id) || started(rig, task)));
    }
    CHECK(containers_of(rig) == 1);
    CHECK(rig.recorder().all<ContainerStarted>(task.task_id).size() == (started_in(adopted, task.task_id) ? 0 : 1));
  }
}

TEST_CASE("docker: what ended while no engine ran is in the history, and what lost its record is known by its labels") {
  DockerRig rig;
  if (!rig.usable()) return;
  const TaskSpec ends = probe_task({"wait-for", "/go", "exit", "4"}), stays = probe_task({"sleep-forever"});
  for (const TaskSpec& task : {ends, stays}) {
    rig.driver().start(task);
    REQUIRE(started(rig, task));
  }
  const std::string id = rig.recorder().all<ContainerStarted>(ends.task_id)[0].runtime_id;
  rig.lose_engine();
  REQUIRE(std::system(fmt::format("docker -H {0} exec {1} /probe write /go && docker -H {0} wait {1} >/dev/null", docker_daemon().url(), id).c_str()) == 0);
  fs::remove(rig.state / "docker" / (stays.task_id + ".json"));
  const auto adopted = rig.restart();
  REQUIRE(adopted.size() == 2);
  REQUIRE(exit_in(adopted, ends.task_id));
  CHECK(exit_in(adopted, ends.task_id)->exit_code == 4);
  CHECK(started_in(adopted, stays.task_id));
  CHECK_FALSE(exit_in(adopted, stays.task_id));
  const auto found = std::ranges::find(adopted, stays.task_id, [](const Adopted& one) { return one.spec.task_id; });
  CHECK(spec_to_json(found->spec) == spec_to_json(stays));
}

TEST_CASE("docker: a daemon that hangs is waited for, and nothing happens twice") {
  DockerRig rig;
  if (!rig.usable()) return;
  const TaskSpec first = probe_task({"sleep-forever"}), second = probe_task({"sleep-forever"});
  rig.driver().start(first);
  REQUIRE(started(rig, first));
  docker_daemon().signal(SIGSTOP);
  rig.driver().start(second);
  rig.driver().start(second);
  rig.driver().stop(first.task_id);
  rig.restart();  // gives up waiting for it after some seconds, with what the records say
  rig.driver().start(second);
  rig.driver().stop(first.task_id);
  docker_daemon().signal(SIGCONT);
  REQUIRE(started(rig, second));
  REQUIRE(exit_of(rig, first));
  CHECK(containers_of(rig) == 2);
  CHECK(rig.recorder().all<ContainerStarted>(second.task_id).size() == 1);
  CHECK(rig.recorder().all<ContainerExited>(first.task_id).size() == 1);
}

TEST_CASE("docker: two engines with one daemon keep apart") {
  DockerRig one, two;
  if (!one.usable()) return;
  const TaskSpec mine = probe_task({"sleep-forever"}), yours = probe_task({"sleep-forever"});
  one.driver().start(mine);
  two.driver().start(yours);
  REQUIRE(started(one, mine));
  REQUIRE(started(two, yours));
  CHECK(one.restart().size() == 1);
  one.lose_engine();
  CHECK(docker::sweep(one.state, Duration(0)));
  CHECK(containers_of(one) == 0);
  CHECK(containers_of(two) == 1);
  CHECK(two.recorder().all<ContainerExited>().empty());
}

TEST_CASE("docker: a restarted daemon ends its containers, each is told once, and new ones start") {
  DockerRig rig;
  if (!rig.usable()) return;
  const TaskSpec before = probe_task({"sleep-forever"}), after = probe_task({"sleep-forever"});
  rig.driver().start(before);
  REQUIRE(started(rig, before));
  docker_daemon().stop(SIGTERM);
  rig.driver().start(after);
  docker_daemon().start();
  const auto exited = exit_of(rig, before);
  REQUIRE(exited);
  CHECK(exited->exit_code == 143);
  REQUIRE(started(rig, after));
  CHECK(rig.recorder().all<ContainerExited>().size() == 1);
  CHECK(rig.recorder().all<ContainerStarted>().size() == 2);
}

TEST_CASE("docker: a link's name leads to the other container") {
  DockerRig rig;
  if (!rig.usable()) return;
  TaskSpec task = probe_task({"get", "database", "8080", "exit", "5"});
  task.containers[0].links = {"db:database"};
  task.containers.push_back(probe_container("db", {"serve"}));
  task.containers[1].environment = {{"HOST", "0.0.0.0"}};
  rig.driver().start(task);
  REQUIRE(rig.wait([&] { return !rig.recorder().all<ContainerExited>(task.task_id, "app").empty(); }));
  CHECK(rig.recorder().all<ContainerExited>(task.task_id, "app")[0].exit_code == 5);
  CHECK(rig.output(task.task_id) == std::vector<std::string>{"ok"});
}

TEST_CASE("docker: no container of a task stays when the holder of its network is killed, nor it when they have ended") {
  DockerRig rig;
  if (!rig.usable()) return;
  TaskSpec lost = probe_task({"sleep-forever"}), ends = probe_task({"exit", "0"});
  for (TaskSpec* task : {&lost, &ends}) {
    task->network_mode = "awsvpc";
    task->containers.push_back(probe_container("second", task->containers[0].command));
    rig.driver().start(*task);
  }
  const auto holder = [&](const TaskSpec& task) { return docker::container_name(state_key(rig.state.native()), task.task_id, docker::kHolderName); };
  const auto runs = [&](const TaskSpec& task) {
    const json::value state = ask("/containers/" + holder(task) + "/json");
    return state.as_object().contains("State") && state.at("State").at("Running").as_bool();
  };
  REQUIRE(rig.wait([&] { return rig.recorder().all<ContainerStarted>(lost.task_id).size() == 2; }));
  CHECK(runs(lost));
  CHECK(rig.wait([&] { return rig.recorder().all<ContainerExited>(ends.task_id).size() == 2; }));
  CHECK(rig.wait([&] { return !runs(ends); }));
  CHECK(command("POST", "/containers/" + holder(lost) + "/kill") == 204);
  REQUIRE(rig.wait([&] { return rig.recorder().all<ContainerExited>(lost.task_id).size() == 2; }));
  for (const ContainerExited& exited : rig.recorder().all<ContainerExited>(lost.task_id)) {
    CHECK(exited.exit_code == 143);
    CHECK_MESSAGE(exited.reason.find("held the task's network") != std::string::npos, exited.reason);
  }
  for (const TaskSpec& task : {lost, ends}) rig.driver().forget(task.task_id);
  CHECK(rig.wait([&] { return containers_of(rig) == 0; }));
}

TEST_CASE("docker: a network that cannot be had keeps all of a task's containers from starting, with the daemon's words") {
  DockerRig rig;
  if (!rig.usable()) return;
  TaskSpec task = probe_task({"sleep-forever"});
  task.network_mode = "awsvpc";
  task.containers[0].ports = {{8080, "127.0.1.7", free_port("127.0.1.7"), "tcp"}};
  task.containers.push_back(probe_container("second", {"sleep-forever"}));
  TaskSpec taken = probe_task({"sleep-forever"});
  taken.containers[0].ports = task.containers[0].ports;
  rig.driver().start(taken);
  REQUIRE(started(rig, taken));
  rig.driver().start(task);
  REQUIRE(rig.wait([&] { return rig.recorder().all<ContainerExited>(task.task_id).size() == 2; }));
  for (const ContainerExited& exited : rig.recorder().all<ContainerExited>(task.task_id)) {
    CHECK_FALSE(exited.exit_code);
    CHECK_MESSAGE(exited.reason.starts_with("CannotStartContainerError: "), exited.reason);
  }
}

TEST_CASE("docker: an exit that nobody saw is followed by its restart, one that a dead engine's stop made is not") {
  DockerRig rig;
  if (!rig.usable()) return;
  TaskSpec again = probe_task({"wait-for", "/go", "last", "700", "exit", "4"}), stopped = probe_task({"sleep-forever"});
  for (TaskSpec* task : {&again, &stopped}) {
    task->containers[0].restart = RestartPolicy{Duration(50), {}};
    rig.driver().start(*task);
    REQUIRE(started(rig, *task));
  }
  const std::string id = rig.recorder().all<ContainerStarted>(again.task_id)[0].runtime_id;
  const std::string other = rig.recorder().all<ContainerStarted>(stopped.task_id)[0].runtime_id;
  rig.driver().stop(stopped.task_id);
  rig.lose_engine();
  REQUIRE(std::system(fmt::format("docker -H {0} stop {2} >/dev/null; docker -H {0} exec {1} /probe write /go && docker -H {0} wait {1} >/dev/null",
                                  docker_daemon().url(), id, other)
                          .c_str()) == 0);
  rig.restart();
  CHECK(rig.wait([&] { return !rig.recorder().all<ContainerRestarted>(again.task_id).empty(); }));
  CHECK(rig.recorder().all<ContainerExited>(again.task_id).empty());
  const auto adopted = rig.restart();
  REQUIRE(exit_in(adopted, stopped.task_id));
  CHECK(exit_in(adopted, stopped.task_id)->exit_code == 143);
  CHECK(restarts_in(adopted, stopped.task_id) == 0);
  CHECK(restarts_in(adopted, again.task_id) >= 1);
  CHECK(containers_of(rig) == 2);
}

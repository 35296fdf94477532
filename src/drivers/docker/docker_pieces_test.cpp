// The parts of the docker runtime that need no daemon: what is asked of it, times, records, log streams.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "base/testing/damage.h"
#include "drivers/conformance_rigs.h"
#include "drivers/docker/container_config.h"
#include "drivers/docker/network_holder.h"
#include "drivers/docker/engine_api.h"
#include "drivers/docker/log_stream.h"
#include "drivers/docker/task_record.h"
#include "drivers/files.h"
#include "drivers/spec_json.h"

using namespace drivers;
using namespace drivers::docker;
using namespace drivers::testing;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {
struct TempDirectory {
  fs::path path;
  TempDirectory() {
    char name[] = "/tmp/scaleout-docker-pieces-XXXXXX";
    path = fs::canonical(mkdtemp(name));
  }
  ~TempDirectory() { fs::remove_all(path); }
};

TaskSpec full_task() {
  TaskSpec task = probe_task({"a", "b"});
  task.task_arn = "arn:aws:ecs:us-east-1:123456789012:task/c/1";
  ContainerSpec& c = task.containers[0];
  c.environment = {{"KEY", "va=l\nue\"\\"}};
  c.memory = MiB{128};
  c.memory_reservation = MiB{64};
  c.cpu = {256};
  c.user = "65534:65534";
  c.working_directory = "/srv";
  c.read_only_root = true;
  c.ulimits = {{"nofile", 1024, 4096}};
  c.mounts = {{"/etc/hosts", "/hosts", true}, {"shared", "/data", false}};
  c.labels = {{"team", "web"}, {"scaleout.task", "forged"}};
  c.ports = {{8080, "127.0.1.7", 32768, "tcp"}, {53, "", 5353, "udp"}};
  c.health_check = HealthCheck{{"CMD-SHELL", "true"}, Duration(1'000), Duration(2'000), Duration(3'000), 4};
  return task;
}

bool is(const json::value& found, const json::value& expected) { return found == expected; }

std::string frame(bool is_stderr, const std::string& payload) {
  std::string bytes(8, '\0');
  bytes[0] = is_stderr ? 2 : 1;
  bytes[6] = static_cast<char>(payload.size() >> 8);
  bytes[7] = static_cast<char>(payload.size() & 0xff);
  return bytes + payload;
}
}  // namespace

TEST_CASE("docker: a container gets what its definition says, and labels by which it is found") {
  const TaskSpec task = full_task();
  const json::object config = container_config(task, task.containers[0], {"0123", "sha256:abc", "/scaleout-0123/i-1/t", 1000});
  CHECK(is(config.at("Image"), "sha256:abc"));
  CHECK(is(config.at("Entrypoint"), json::array{"/probe"}));
  CHECK(is(config.at("Cmd"), json::array{"a", "b"}));
  CHECK(is(config.at("Env"), json::array{"KEY=va=l\nue\"\\"}));
  CHECK(is(config.at("User"), "65534:65534"));
  CHECK(is(config.at("WorkingDir"), "/srv"));
  CHECK(is(config.at("Healthcheck"), json::value({{"Test", json::array{"CMD-SHELL", "true"}},
                                                 {"Interval", 1'000'000'000},
                                                 {"Timeout", 2'000'000'000},
                                                 {"Retries", 4},
                                                 {"StartPeriod", 3'000'000'000}})));
  const json::object& host = config.at("HostConfig").as_object();
  CHECK(is(host.at("CpuShares"), 256));
  CHECK(is(host.at("Memory"), 128 << 20));
  CHECK(is(host.at("MemorySwap"), 128 << 20));
  CHECK(is(host.at("MemoryReservation"), 64 << 20));
  CHECK(is(host.at("CgroupParent"), "/scaleout-0123/i-1/t"));
  CHECK(is(host.at("ReadonlyRootfs"), true));
  CHECK(is(host.at("Init"), true));
  CHECK(is(host.at("RestartPolicy"), json::value({{"Name", "no"}})));
  CHECK(is(host.at("Ulimits"), json::value(json::array{json::object{{"Name", "nofile"}, {"Soft", 1024}, {"Hard", 4096}}})));
  CHECK(is(host.at("Binds"), json::array{"/etc/hosts:/hosts:ro", "shared:/data:rw"}));
  CHECK(json::serialize(host.at("PortBindings")) ==
        R"({"8080/tcp":[{"HostIp":"127.0.1.7","HostPort":"32768"}],"53/udp":[{"HostIp":"127.0.1.7","HostPort":"5353"}]})");
  const json::object& labels = config.at("Labels").as_object();
  CHECK(is(labels.at("team"), "web"));
  CHECK(is(labels.at(kTaskLabel), json::value(task.task_id)));  // whatever the definition's own labels say
  CHECK(is(labels.at(kStateLabel), "0123"));
  CHECK(is(labels.at(kContainerLabel), "app"));
  CHECK(spec_to_json(spec_from_json(labels.at(kSpecLabel).as_string()).value()) == spec_to_json(task));
}

TEST_CASE("docker: what the definition leaves open is the image's, but not its health check") {
  TaskSpec task = probe_task({});
  task.containers[0].entry_point.clear();
  task.containers[0].init_process = false;
  const json::object config = container_config(task, task.containers[0], {"k", "image", "", 1000});
  for (const char* key : {"Entrypoint", "Cmd", "User", "WorkingDir", "ExposedPorts"}) CHECK_FALSE(config.contains(key));
  CHECK(is(config.at("Healthcheck"), json::value({{"Test", json::array{"NONE"}}})));
  for (const char* key : {"Memory", "MemoryReservation", "CgroupParent", "Init", "Ulimits", "Binds"})
    CHECK_FALSE(config.at("HostConfig").as_object().contains(key));
  CHECK(is(config.at("HostConfig").at("CpuShares"), 2));  // ECS's least
}

TEST_CASE("docker: network modes") {
  TaskSpec task = full_task();
  const auto mode = [&](const char* given) {
    task.network_mode = given;
    return json::value(container_config(task, task.containers[0], {"k", "image", "", 1000}).at("HostConfig").at("NetworkMode"));
  };
  CHECK(is(mode("bridge"), "default"));
  CHECK(is(mode("host"), "host"));
  CHECK(is(mode("none"), "none"));
  CHECK(check_task(task));
  task.network_mode = "mesh";
  CHECK(check_task(task).error().message.starts_with("CannotStartContainerError: "));
  task.network_mode = "awsvpc";
  CHECK(check_task(task));
  task.containers[0].links = {"second"};
  CHECK_FALSE(check_task(task));
}

TEST_CASE("docker: links are made of the containers' names for ever") {
  TaskSpec task = probe_task({});
  task.containers[0].links = {"db", "cache:fast"};
  CHECK(check_task(task));
  const json::object config = container_config(task, task.containers[0], {"k", "image", "", 1000});
  const std::string name = "scaleout-k-" + task.task_id + "-";
  CHECK(is(config.at("HostConfig").at("Links"), json::array{name + "db:db", name + "cache:fast"}));
}

TEST_CASE("docker: an awsvpc task of several containers has one more that holds their network") {
  TaskSpec task = full_task();
  task.network_mode = "awsvpc";
  CHECK(with_holder(task).containers.size() == 1);  // one alone has its own
  task.containers.push_back(probe_container("second", {}));
  task.containers[1].depends_on = {{"app", "HEALTHY"}};
  task.containers[1].ports = {{9090, "127.0.1.7", 9090, "tcp"}};
  const TaskSpec held = with_holder(task);
  REQUIRE(held.containers.size() == 3);
  CHECK(holder_of(held) == 2);
  CHECK(held.containers[2].ports.size() == 3);
  CHECK(held.containers[1].depends_on.size() == 2);
  CHECK(spec_to_json(with_holder(held)) == spec_to_json(held));
  CHECK(spec_to_json(without_holder(held)) == spec_to_json(task));
  const json::object app = container_config(held, held.containers[0], {"k", "image", "", 1000});
  CHECK(is(app.at("HostConfig").at("NetworkMode"), json::value("container:scaleout-k-" + task.task_id + "-.pause")));
  CHECK_FALSE(app.contains("ExposedPorts"));
  CHECK_FALSE(app.at("HostConfig").as_object().contains("PortBindings"));
  const json::object holder = container_config(held, held.containers[2], {"k", "image", "", 1000});
  CHECK(is(holder.at("HostConfig").at("NetworkMode"), "default"));
  CHECK(holder.at("HostConfig").at("PortBindings").as_object().size() == 3);
  CHECK_FALSE(holder.contains("Cmd"));
}

TEST_CASE("docker: the daemon's times") {
  CHECK(parse_docker_time("2026-11-23T16:50:31.123456789Z") == 1'795'452'631'123);
  CHECK(parse_docker_time("2026-11-23T16:50:31Z") == 1'795'452'631'000);
  CHECK(parse_docker_time("2026-11-23T16:50:31.1Z") == 1'795'452'631'100);
  for (const char* never : {"0001-01-01T00:00:00Z", "", "yesterday", "2026-13-23T16:50:31Z"}) CHECK(parse_docker_time(never) == 0);
  CHECK(url_encode("a/b:c {\"}") == "a%2Fb%3Ac%20%7B%22%7D");
  CHECK_FALSE(parse_daemon("tcp://127.0.0.1:2375"));
  CHECK(parse_daemon("unix:///run/docker.sock")->unix_path == "/run/docker.sock");
}

TEST_CASE("docker: a task's record survives its file; a damaged one is InvalidRecord") {
  TempDirectory state;
  const TaskRecords records(state.path);
  TaskRecord record{full_task(), {{"id", "sha256:d", 5, 2, 8, "HEALTHY", 6, 7, 137, "why", "172.17.0.2"}}, true, true};
  REQUIRE(records.save(record));
  const auto found = records.find_all();
  REQUIRE(found.size() == 1);
  CHECK(encode(found[0]) == encode(record));
  CHECK(found[0].containers[0].address == "172.17.0.2");
  ::testing::feed_damaged(encode(record), 5, 2000, [](const std::string& text) {
    const auto read = decode_record(text);
    if (read) CHECK(read->containers.size() == read->spec.containers.size());
  });
  replace_whole(records.directory() / "bad.json", "{", false);
  CHECK(records.find_all().size() == 1);
  records.remove(record.spec.task_id);
  CHECK(records.find_all().empty());
}

TEST_CASE("docker: frames become lines, however they are cut") {
  TempDirectory directory;
  const std::string path = directory.path / "app.log";
  const std::string stream = frame(false, "2026-11-23T16:50:31.123456789Z one\n") + frame(true, "2026-11-23T16:50:31.200000000Z half") +
                             frame(true, "2026-11-23T16:50:31.200000001Z  a line\n") + frame(false, "2026-11-23T16:50:32.000000000Z \n");
  const std::string expected =
      "2026-11-23T16:50:31.123Z stdout F one\n2026-11-23T16:50:31.200Z stderr P half\n2026-11-23T16:50:31.200Z stderr F  a line\n"
      "2026-11-23T16:50:32.000Z stdout F \n";
  for (const std::size_t piece : {1u, 7u, 1000u}) {
    fs::remove(path);
    LogStream log(path, 1 << 20);
    CHECK(log.since().empty());
    for (std::size_t at = 0; at < stream.size(); at += piece) log.take(std::string_view(stream).substr(at, piece));
    CHECK(read_whole(path) == expected);
  }
}

TEST_CASE("docker: a later engine goes on where the file ends, and writes no line twice") {
  TempDirectory directory;
  const std::string path = directory.path / "app.log";
  const auto line = [](const char* time, const char* text) { return frame(false, std::string(time) + " " + text + "\n"); };
  const std::string one = line("2026-11-23T16:50:31.123000001Z", "one"), two = line("2026-11-23T16:50:31.123000002Z", "two"),
                    three = line("2026-11-23T16:50:31.123000003Z", "three"), four = line("2026-11-23T16:50:31.124000000Z", "four");
  LogStream(path, 1 << 20).take(one + two);
  const std::string before = read_whole(path).value();
  replace_whole(path, before + "2026-11-23T16:50:31.125Z stderr F [scaleout] 5 bytes of output were lost: the disk was full\n", false);
  LogStream log(path, 1 << 20);
  CHECK(log.since() == "since=1795452631.123000000");
  log.take(one + two + three + four);
  const std::string text = read_whole(path).value();
  CHECK(text.substr(before.size()).ends_with("2026-11-23T16:50:31.123Z stdout F three\n2026-11-23T16:50:31.124Z stdout F four\n"));
  CHECK(text.find("one", text.find("one") + 1) == std::string::npos);
  fs::rename(path, path + ".1");  // it was begun anew just before the engine died
  CHECK(LogStream(path, 1 << 20).since() == "since=1795452631.124000000");
}

#include "engine/log_shipper.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace engine {

namespace {

namespace fs = std::filesystem;
const std::string kTask = "0123456789abcdef0123456789abcdef";

/// Knows where files are, and nothing else.
class FileDriver final : public drivers::Driver {
 public:
  std::string_view name() const override { return "files"; }
  std::vector<drivers::Adopted> adopt() override { return {}; }
  void set_node(const drivers::NodeSpec&) override {}
  void remove_node(const std::string&) override {}
  void start(const drivers::TaskSpec&) override {}
  void stop(const std::string&) override {}
  void forget(const std::string&) override {}
  std::vector<drivers::LogFile> log_files(const std::string& task_id) const override {
    if (!fs::exists(path)) return {};
    return {{task_id, "web", path}};
  }
  std::string path;
};

struct Rig {
  Rig() {
    std::string pattern = (fs::temp_directory_path() / "log-shipper-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    directory = pattern;
    driver.path = directory + "/web.log";
    state.log_groups.put({.name = "/ecs/web", .arn = "arn:aws:logs:us-east-1:1:log-group:/ecs/web"});
    model::TaskDefinition definition{.family = "web", .revision = 1};
    definition.containers.push_back({.name = "web"});
    definition.containers[0].log_driver = "awslogs";
    definition.containers[0].log_options = {{"awslogs-group", "/ecs/web"}, {"awslogs-stream-prefix", "so"}};
    state.task_definitions.put(definition);
    model::Task task{.id = kTask, .cluster = "c"};
    task.task_definition_arn = "arn:aws:ecs:us-east-1:1:task-definition/web:1";
    task.last_status = "RUNNING";
    task.containers.push_back({.id = "c-1", .name = "web"});
    state.tasks.put(task);
    restart();
  }
  ~Rig() { fs::remove_all(directory); }

  /// The engine dies: what is in the log store and in the files stays.
  void restart() { shipper = std::make_unique<LogShipper>(state, *logs, driver); }
  void line(int ms, const std::string& text, const std::string& stream = "stdout F") {
    std::ofstream(driver.path, std::ios::app) << fmt::format("2026-11-23T16:50:31.{:03}Z {} {}\n", ms, stream, text);
  }
  void rotate() { fs::rename(driver.path, driver.path + ".1"); }
  void pump() {
    while (shipper->pump(instant_from_ms(1))) {
    }
  }
  std::vector<std::string> stored() const {
    std::vector<std::string> texts;
    for (const auto& event : logs->read({.group = "/ecs/web"}).events) texts.push_back(event.message);
    return texts;
  }
  using Texts = std::vector<std::string>;

  std::string directory;
  std::unique_ptr<state::Store> store = state::Store::in_memory();
  state::State state{*store};
  std::unique_ptr<state::LogStore> logs = state::LogStore::in_memory();
  FileDriver driver;
  std::unique_ptr<LogShipper> shipper;
};

}  // namespace

TEST_CASE("a running task's lines arrive in its stream, each once") {
  Rig rig;
  rig.pump();
  CHECK(rig.stored().empty());  // no file yet
  rig.line(1, "one");
  rig.line(2, "two", "stderr F");
  rig.pump();
  rig.line(3, "three");
  rig.pump();
  rig.pump();
  CHECK(rig.stored() == Rig::Texts{"one", "two", "three"});
  const std::string stream = "so/web/" + kTask;
  CHECK(rig.logs->read({.group = "/ecs/web"}).events.at(0).stream == stream);
  REQUIRE(rig.state.log_streams.find("/ecs/web:" + stream) != nullptr);
  CHECK(rig.state.log_streams.find("/ecs/web:" + stream)->arn ==
        "arn:aws:logs:us-east-1:1:log-group:/ecs/web:log-stream:" + stream);
}

TEST_CASE("an engine that is killed between two lines of one millisecond sends neither twice") {
  Rig rig;
  rig.line(1, "a");
  rig.line(2, "b");
  rig.line(2, "b");
  rig.pump();
  rig.restart();
  rig.line(2, "b");
  rig.line(3, "c");
  rig.pump();
  CHECK(rig.stored() == Rig::Texts{"a", "b", "b", "b", "c"});
}

TEST_CASE("a rotated file is read to its end before the new one, also by the next engine") {
  Rig rig;
  rig.line(1, "a");
  rig.pump();
  rig.line(2, "b");
  rig.rotate();
  rig.line(3, "c");
  rig.pump();
  CHECK(rig.stored() == Rig::Texts{"a", "b", "c"});
  rig.restart();
  rig.line(4, "d");
  rig.pump();
  CHECK(rig.stored() == Rig::Texts{"a", "b", "c", "d"});
}

TEST_CASE("half a line waits for its end, split lines are put together, empty ones are left out") {
  Rig rig;
  rig.line(1, "first ", "stdout P");
  rig.line(2, "noise", "stderr F");
  rig.pump();
  CHECK(rig.stored() == Rig::Texts{"noise"});
  rig.line(3, "second");
  rig.line(4, "");
  std::ofstream(rig.driver.path, std::ios::app) << "2026-11-23T16:50:31.005Z stdout F hal";
  rig.pump();
  CHECK(rig.stored() == Rig::Texts{"noise", "first second"});
  std::ofstream(rig.driver.path, std::ios::app) << "f\n";
  rig.pump();
  CHECK(rig.stored() == Rig::Texts{"noise", "first second", "half"});
}

TEST_CASE("a stopped task's file is drained, then nothing is left to do") {
  Rig rig;
  CHECK(rig.shipper->has_work());
  rig.line(1, "last words");
  rig.state.tasks.update(kTask, [](model::Task& task) { task.last_status = "STOPPED"; });
  rig.pump();
  CHECK(rig.stored() == Rig::Texts{"last words"});
  CHECK_FALSE(rig.shipper->has_work());
}

TEST_CASE("one pump is bounded, and says that there is more") {
  Rig rig;
  const std::string text(1000, 'x');
  for (int i = 0; i < 400; ++i) rig.line(i, text);
  CHECK(rig.shipper->pump(instant_from_ms(1)));
  CHECK(rig.stored().size() < 400);
  rig.pump();
  CHECK(rig.stored().size() == 400);
}

TEST_CASE("without its group output waits; awslogs without a prefix names the stream after the container") {
  Rig rig;
  const model::LogGroup group = *rig.state.log_groups.find("/ecs/web");
  rig.state.log_groups.erase("/ecs/web");
  rig.state.task_definitions.update("web:00000001", [](model::TaskDefinition& definition) {
    definition.containers[0].log_options.erase("awslogs-stream-prefix");
  });
  rig.line(1, "early");
  rig.pump();
  CHECK(rig.stored().empty());
  rig.state.log_groups.put(group);
  rig.pump();
  CHECK(rig.stored() == Rig::Texts{"early"});
  CHECK(rig.state.log_streams.find("/ecs/web:c-1") != nullptr);
}

TEST_CASE("while the log store does not keep up the rest waits in the files, and arrives later") {
  Rig rig;
  auto logs = state::LogStore::open(rig.directory);
  REQUIRE(logs);
  rig.logs = *std::move(logs);
  rig.restart();
  const std::string text(50'000, 'x');
  for (int i = 0; i < 400; ++i) rig.line(i, text);
  sqlite3* other = nullptr;  // the store cannot write while another program does
  REQUIRE(sqlite3_open((rig.directory + "/logs.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  rig.pump();
  CHECK(rig.shipper->has_work());
  sqlite3_close(other);
  rig.logs->flush();
  CHECK(rig.logs->stored_bytes("/ecs/web") < 12'000'000);
  for (int i = 0; i < 3; ++i) {
    rig.pump();
    rig.logs->flush();
  }
  CHECK(rig.logs->times("/ecs/web", "so/web/" + kTask)->last_ms % 1000 == 399);
}

}  // namespace engine

// The engine over a store on a disk: what is decided and reported while a commit is under way, or refused.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include "engine/world_test.h"
#include "state/temporary_directory_test.h"

namespace engine {

namespace {

/// While it lives, files grow no more: a full disk.
class FullDisk {
 public:
  FullDisk() {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = 8192;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

struct DiskWorld {
  explicit DiskWorld(drivers::fake::Program program = {}) : world(std::move(program), open()) {
    world.add_cluster("c");
    world.add_node("c");
    REQUIRE(world.advance_until([&] { return world.state.container_instances.size() == 1; }, minutes(5)));
  }
  void run_web(int desired = 1) {
    world.add_service("web", desired, world.add_task_definition("web"));
    REQUIRE(world.advance_until([&] { return world.running("web") == desired; }, minutes(5)));
  }
  std::unique_ptr<state::Store> open() {
    state::StoreOptions options;
    options.on_rolled_back = [this](const Error&) {
      ++refusals;
      world.engine->on_rolled_back();
    };
    options.reserve_bytes = 4096;
    return *state::Store::open(directory.path(), std::move(options));
  }
  std::string task() const { return *world.state.tasks_by_service.keys("c/web").begin(); }

  TemporaryDirectory directory;
  int refusals = 0;
  World world;
};

}  // namespace

TEST_CASE("an end that a full disk refuses is told again: the task is replaced once there is room") {
  DiskWorld disk;
  disk.run_web();
  World& world = disk.world;
  const std::string ended = disk.task();
  world.machine.kill(ended, "web");
  world.driver->pump();
  {
    const FullDisk full;
    world.engine->tick();
    CHECK_FALSE(world.store->flush());
  }
  CHECK(disk.refusals == 1);
  world.clock.advance(minutes(30));  // there is room only now
  world.advance(minutes(1));
  CHECK(world.running("web") == 1);
  CHECK(world.machine.starts() == 2);
  world.advance(minutes(50));
  CHECK(world.state.tasks.find(ended) != nullptr);  // visible for an hour, as any task that stops
  world.advance(minutes(15));
  CHECK(world.state.tasks.find(ended) == nullptr);
  CHECK(world.running("web") == 1);
}

TEST_CASE("a start that a full disk refuses is decided again once there is room") {
  DiskWorld disk;
  World& world = disk.world;
  world.add_service("web", 1, world.add_task_definition("web"));
  world.store->commit();
  REQUIRE(world.store->flush());
  {
    const FullDisk full;
    world.engine->tick();
    CHECK_FALSE(world.store->flush());
  }
  CHECK(world.state.tasks.empty());
  world.advance(minutes(1));
  CHECK(world.running("web") == 1);
  CHECK(world.machine.starts() == 1);
}

TEST_CASE("what the balancer was to be told is told, though the commit that it waited for was refused") {
  DiskWorld disk;
  World& world = disk.world;
  const std::string gone = world.add_target_group("gone");
  world.settle();
  REQUIRE(world.balancer->groups().contains(gone));
  const std::string made = world.add_target_group("made");
  world.state.target_groups.erase(gone);
  world.store->commit();
  REQUIRE(world.store->flush());
  {
    const FullDisk full;
    world.add_cluster("d");
    world.store->commit();  // under way when the tick looks
    world.engine->tick();
    CHECK_FALSE(world.store->flush());
  }
  world.settle();
  CHECK(world.balancer->groups().contains(made));
  CHECK_FALSE(world.balancer->groups().contains(gone));
}

TEST_CASE("an engine that starts while the disk is full repeats lost starts at once and replaces what vanished later") {
  DiskWorld disk;
  disk.run_web(2);
  World& world = disk.world;
  // Of both the runtime knows nothing; of the one it was never told.
  for (const std::string& id : world.state.tasks_by_service.keys("c/web")) world.driver->forget(id);
  const std::string lost = disk.task();
  world.state.tasks.update(lost, [](model::Task& task) {
    task.last_status = task.containers[0].last_status = "PENDING";
    task.started_at.reset();
  });
  world.store->commit();
  REQUIRE(world.store->flush());
  {
    const FullDisk full;
    world.restart_engine();
    CHECK(disk.refusals > 0);
    CHECK(world.machine.starts() == 3);
  }
  world.advance(minutes(1));
  CHECK(world.running("web") == 2);
  CHECK(world.machine.running() == 2);
  CHECK(world.machine.starts() == 4);
  CHECK(world.state.tasks.find(lost)->last_status == "RUNNING");
}

TEST_CASE("told to stop all tasks, the engine starts none whose start is on its way to the disk") {
  DiskWorld disk;
  disk.run_web();
  World& world = disk.world;
  world.set_desired("web", 2);
  world.engine->tick();  // decided; the commit is under way
  world.engine->stop_all_tasks();
  REQUIRE(world.store->flush());
  world.advance(minutes(1));
  CHECK(world.machine.starts() == 1);
  CHECK(world.machine.running() == 0);
  CHECK(world.engine->tasks_left() == 0);
}

TEST_CASE("a task that is just starting is left until it has ended") {
  DiskWorld disk([](const auto&, const auto&) {
    return drivers::fake::Behaviour{.start_delay = seconds(5), .term_delay = seconds(2)};
  });
  World& world = disk.world;
  world.add_service("web", 1, world.add_task_definition("web"));
  world.settle();
  REQUIRE(world.state.tasks.find(disk.task())->last_status == "PENDING");
  world.engine->stop_all_tasks();
  CHECK(world.engine->tasks_left() == 1);
  world.advance(seconds(10));
  CHECK(world.engine->tasks_left() == 0);
  CHECK(world.machine.running() == 0);
}

}  // namespace engine

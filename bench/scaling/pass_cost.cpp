// What a control pass costs over N tasks of which 1 % change: in each round N/100 tasks of as many services, and the tick that
// looks at them is timed. Two kinds of change:
//  - noticed: something of the task changed that asks for nothing (their services are looked at and left alone);
//  - died: the task's container ended, so it is stopped and another one is placed and started.
// The whole engine over fakes on a virtual clock. `bench_pass_cost N` prints the medians of both in microseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/world_test.h"

namespace {

constexpr int kTasksEach = 10, kNodes = 200, kQuietRounds = 61, kDeadRounds = 15;

double microseconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

int running(const engine::World& world) {
  int count = 0;
  for (const auto& [id, task] : world.state.tasks.all()) count += task.last_status == "RUNNING" ? 1 : 0;
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  const int tasks = argc > 1 ? std::atoi(argv[1]) : 10'000;
  const int services = std::max(1, tasks / kTasksEach), changing = std::max(1, tasks / 100);
  engine::World world;
  world.add_cluster("c");
  for (int i = 0; i < kNodes; ++i) world.add_node("c", "m5.xlarge");
  const std::string small = world.add_task_definition("small", {8}, {32});
  for (int i = 0; i < services; ++i) world.add_service("service-" + std::to_string(i), kTasksEach, small);
  if (!world.advance_until([&] { return running(world) >= services * kTasksEach; }, minutes(120))) {
    std::fprintf(stderr, "only %d of %d tasks run\n", running(world), services * kTasksEach);
    return 1;
  }
  world.advance(minutes(1));

  // One task of each of `changing` services, others in each round.
  const auto victims = [&](int round) {
    std::vector<std::string> ids;
    for (int i = 0; i < changing; ++i) {
      const auto& keys = world.state.tasks_by_service.keys("c/service-" + std::to_string((round * changing + i) % services));
      for (const std::string& id : keys) {
        if (world.state.tasks.find(id)->last_status != "RUNNING") continue;
        ids.push_back(id);
        break;
      }
    }
    return ids;
  };
  std::vector<double> noticed, died;
  for (int round = 0; round < kQuietRounds; ++round) {
    for (const std::string& id : victims(round)) {
      world.state.tasks.update(id, [&](model::Task& task) { ++task.version; });
    }
    noticed.push_back(microseconds([&] { world.engine->tick(); }));
  }
  for (int round = 0; round < kDeadRounds; ++round) {
    for (const std::string& id : victims(round)) world.machine.kill(id, "small");
    world.driver->pump();  // the reports of these, and what the other tasks use: no part of the pass
    died.push_back(microseconds([&] { world.engine->tick(); }));
    if (!world.advance_until([&] { return running(world) == services * kTasksEach; }, minutes(5))) {
      std::fprintf(stderr, "%d of %d tasks run after round %d\n", running(world), services * kTasksEach, round);
      return 1;
    }
  }
  std::printf("%.1f %.1f\n", median(noticed), median(died));
  return 0;
}

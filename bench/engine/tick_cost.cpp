// What a tick costs with N idle tasks: one in which nothing is due, and one in which the only task of a small cluster died.
// The whole engine over fakes on a virtual clock. bench/engine/run calls it: `bench_tick_cost N` prints two medians in microseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "engine/world_test.h"

namespace {

constexpr int kTasksEach = 10, kNodes = 40, kRepeats = 301;

double microseconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int idle = argc > 1 ? std::atoi(argv[1]) : 10;
  engine::World world;
  world.add_cluster("c");
  for (int i = 0; i < kNodes; ++i) world.add_node("c", "m5.xlarge");
  const std::string small = world.add_task_definition("small", {1}, {4});
  for (int i = 0; i < std::max(1, idle / kTasksEach); ++i) {
    world.add_service("idle" + std::to_string(i), std::min(idle, kTasksEach), small);
  }
  world.add_service("busy", 1, small);
  const auto running = [&] {
    int count = 0;
    for (const auto& [id, task] : world.state.tasks.all()) count += task.last_status == "RUNNING" ? 1 : 0;
    return count;
  };
  if (!world.advance_until([&] { return running() >= idle + 1; }, minutes(60))) {
    std::fprintf(stderr, "only %d of %d tasks run\n", running(), idle + 1);
    return 1;
  }
  world.advance(minutes(10));

  std::vector<double> quiet, changed;
  for (int i = 0; i < kRepeats; ++i) quiet.push_back(microseconds([&] { world.engine->tick(); }));
  for (int i = 0; i < kRepeats; ++i) {  // a user tags a service: it is looked at, with its tasks, and nothing is to do
    world.state.services.update("c/busy", [&](model::Service& service) { service.health_check_grace_period = i; });
    changed.push_back(microseconds([&] { world.engine->tick(); }));
  }
  std::printf("%.3f %.3f\n", median(quiet), median(changed));
  return 0;
}

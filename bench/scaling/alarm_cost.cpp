// What a tick costs in which N alarms are evaluated, none of which changes its state: the whole engine over fakes on a
// virtual clock, one metric for each alarm, with an hour of datapoints. `bench_alarm_cost N` prints the median in microseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/world_test.h"

namespace {

constexpr int kRepeats = 61;

model::MetricName metric(int i) {
  return {"AWS/ECS", "CPUUtilization", {{"ClusterName", "cluster"}, {"ServiceName", "service-" + std::to_string(i)}}};
}

model::Alarm alarm(int i) {
  model::Alarm alarm;
  alarm.name = "TargetTracking-service/cluster/service-" + std::to_string(i) + (i % 2 ? "-AlarmHigh" : "-AlarmLow");
  alarm.metric = metric(i);
  alarm.statistic = "Average";
  alarm.unit = "Percent";
  alarm.evaluation_periods = i % 2 ? 3 : 15;  // as target tracking makes them
  alarm.threshold = i % 2 ? 80 : 40;
  alarm.comparison = i % 2 ? "GreaterThanThreshold" : "LessThanThreshold";
  alarm.treat_missing_data = "missing";
  alarm.alarm_actions = {"arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:resource/ecs/service/c/s:policyName/p"};
  return alarm;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
  engine::World world;
  const auto publish = [&](Instant at) {
    for (int i = 0; i < count; ++i) {
      world.metrics->put(metric(i), {.at = at, .sample_count = 1, .sum = 60, .minimum = 60, .maximum = 60,
                                     .values = {{60, 1}}, .unit = "Percent"});
    }
  };
  const auto minute = [&] { return instant_from_ms(to_ms(world.clock.now()) / 60'000 * 60'000); };
  for (int i = 60; i > 0; --i) publish(minute() - minutes(i));
  for (int i = 0; i < count; ++i) world.state.alarms.put(alarm(i));
  world.advance(minutes(2));

  std::vector<double> costs;
  for (int i = 0; i < kRepeats; ++i) {
    publish(minute());
    const Instant due = minute() + seconds(65);
    world.advance(due - world.clock.now() - milliseconds(1));
    world.clock.set(due);
    const auto begin = std::chrono::steady_clock::now();
    world.engine->tick();
    costs.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  for (const auto& [name, seen] : world.engine->evaluations()) {
    if (seen.at == world.clock.now() && seen.state == "OK") continue;
    std::fprintf(stderr, "%s was not evaluated, or is %s\n", name.c_str(), seen.state.c_str());
    return 1;
  }
  std::nth_element(costs.begin(), costs.begin() + kRepeats / 2, costs.end());
  std::printf("%.1f\n", costs[kRepeats / 2]);
  return 0;
}

// A small run for the tests of this room.
#pragma once

#include "report/run.h"

namespace report {

inline Run tiny_run() {
  Run run;
  run.title = "Tiny";
  run.subtitle = "one task, then two";
  run.facts = {"30 requests, none failed"};
  run.start = instant_from_ms(1'790'000'000'000);
  run.end = run.start + seconds(30);
  run.time_scale = 20;
  const auto at = [&](int second) { return run.start + seconds(second); };
  run.cpu = {{{at(3), 40}, {at(6), 90}, {at(9), 85}, {at(15), 50}, {at(18), 45}}, seconds(3)};
  run.memory = {{{at(3), 20}, {at(6), 21}, {at(9), 22}}, seconds(3)};
  run.cpu_target = 80;
  run.request_count = {{{at(3), 3}, {at(6), 6}, {at(9), std::nullopt}, {at(12), 6}}, seconds(3)};
  run.rate = {{{at(1), 1}, {at(2), 2}, {at(3), 2}}, seconds(1)};
  run.failed = {{{at(1), 0}, {at(2), 0}, {at(3), 1}}, seconds(1)};
  run.latency_p50 = {{{at(1), 1.5}, {at(2), 1.5}}, seconds(1)};
  run.latency_p99 = {{{at(1), 4}, {at(2), 60}}, seconds(1)};
  run.tasks_desired = {{{at(0), 1}, {at(8), 2}}, Duration(0)};
  run.tasks_running = {{{at(0), 1}, {at(10), 2}}, Duration(0)};
  run.marks = {{at(7), Mark::Kind::alarm, 0, "cpu-high", "ALARM", "3 datapoints above 80"},
               {at(8), Mark::Kind::scaling, 0, "cpu-80", "Setting desired count to 2.", "cpu-high is in ALARM"},
               {at(10), Mark::Kind::task, 1, "task/2", "", ""},
               {at(20), Mark::Kind::alarm, 0, "cpu-high", "OK", ""}};
  return run;
}

}  // namespace report

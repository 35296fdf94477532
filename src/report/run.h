// What a report shows: one run of a service under load, on one time axis. Plain data: `demo` and `load` fill it, run_json.h
// keeps it in a file, figure.h draws it. A value that was not measured is absent, never 0.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace report {

struct Point {
  Instant at{};
  std::optional<double> value;  ///< empty: known to be missing
  friend bool operator==(const Point&, const Point&) = default;
};

struct Series {
  std::vector<Point> points;  ///< by time
  /// Distance of two datapoints that follow each other. A longer one is a gap and no line is drawn over it. 0: each point
  /// holds until the next one (counts of tasks and nodes).
  Duration period{0};
  bool empty() const { return points.empty(); }
  friend bool operator==(const Series&, const Series&) = default;
};

struct Mark {
  enum class Kind { task, node, alarm, scaling, deployment, fault };
  Instant at{};
  Kind kind = Kind::fault;
  int change = 0;       ///< of task and node: so many came (> 0) or went (< 0)
  std::string subject;  ///< the task, node, alarm, policy or deployment
  std::string text;     ///< what happened; of an alarm its new state: OK, ALARM, INSUFFICIENT_DATA
  std::string cause;    ///< why; may be empty
  friend bool operator==(const Mark&, const Mark&) = default;
};

struct Run {
  std::string title;
  std::string subtitle;             ///< what was run, in a sentence
  std::vector<std::string> facts;   ///< what it showed, a line each: "120,000 requests, none failed"
  Instant start{}, end{};
  double time_scale = 1;            ///< durations of control loops were divided by it

  Series cpu, memory;               ///< percent of what the service's tasks reserve
  std::optional<double> cpu_target;
  Series node_cpu;                  ///< percent of the nodes
  std::optional<double> node_cpu_target;
  Series request_count;             ///< of the load balancer, a period
  Series rate, failed;              ///< requests a second that the generator sent, and those of them that failed
  Series latency_p50, latency_p99;  ///< milliseconds, from the due time
  Series tasks_desired, tasks_running, nodes_desired, nodes_running;
  std::vector<Mark> marks;          ///< by time
  friend bool operator==(const Run&, const Run&) = default;
};

const char* kind_name(Mark::Kind kind);  ///< "task", …
std::optional<Mark::Kind> kind_of(const std::string& name);

/// Time since the run's start as "1:05", "-0:02" or "1:02:03".
std::string offset_text(Duration since_start);

}  // namespace report

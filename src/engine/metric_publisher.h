// What the runtime and the balancer measured becomes CloudWatch datapoints, under AWS's names, dimensions, units and gaps
// (sheet D). Owned by the engine, which feeds it and calls publish() in each tick.
//
// What always holds:
//  - Datapoints are written at the end of a period and stamped with its start; periods are 60 s (20 s where a service or a
//    group's policy asks) at AWS's pace, and start at multiples of their length since the epoch.
//  - Use is the difference of two readings of a counter. A stretch nobody measured (the engine was away) is not guessed:
//    no task, or no reading, no datapoint.
//  - Work is done at the end of a period only; between them a reading costs one look-up.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "balancer/balancer.h"
#include "base/time.h"
#include "drivers/driver.h"
#include "engine/settings.h"
#include "state/metric_store.h"
#include "state/state.h"

namespace engine {

class MetricPublisher {
 public:
  /// All outlive it. `settings` may still be filled until the first call.
  MetricPublisher(const state::State& state, state::MetricStore& metrics, const Settings& settings)
      : state_(state), metrics_(metrics), settings_(settings) {}

  void started(const drivers::ContainerStarted& started);
  void add(const drivers::Usage& usage);
  void add(const balancer::Traffic& traffic);

  /// Writes what is due. True if anything was.
  bool publish(Instant now);
  /// The end of the current period.
  Instant next() const;

  /// A minute (at AWS's pace) that has ended, as a source sees it.
  class Minute {
   public:
    Instant start() const { return start_; }
    /// One sample.
    void put(std::string space, std::string name, std::map<std::string, std::string> dimensions, double value,
             std::string unit);

   private:
    friend class MetricPublisher;
    Minute(state::MetricStore& metrics, Instant start) : metrics_(metrics), start_(start) {}
    state::MetricStore& metrics_;
    Instant start_;
  };
  /// Called at each minute's end, after what is measured was written: for what is computed from the state, such as
  /// CapacityProviderReservation.
  void add_source(std::function<void(Minute&)> source) { sources_.push_back(std::move(source)); }

 private:
  /// What a task used since a period began.
  struct Use {
    double cpu_seconds = 0;
    double covered = 0;  ///< seconds of the period between readings
    double memory = 0;   ///< bytes times seconds
  };
  struct Reading {
    Instant at{};
    std::uint64_t cpu_ns = 0, memory = 0;
  };
  struct TaskUse {
    std::map<std::string, Reading> containers;
    Instant covered_until{};  ///< by readings of any container
    Use minute, fine;
  };
  struct Requests {
    balancer::Traffic sum;
    std::map<double, std::uint64_t> latencies;
  };
  /// A task's share of a period that has ended.
  struct TaskSample {
    const model::Task* task = nullptr;
    double cores = 0;       ///< on average while it ran
    double share = 0;       ///< of the period that it ran, 0..1
    double memory = 0;      ///< bytes, on average
  };

  void begin(Instant now);
  std::vector<TaskSample> samples(Use TaskUse::*window, double elapsed) const;
  /// Tasks that ran before the period began and could not be read in it: an engine that has just begun knows nothing of
  /// them, and nothing is not zero.
  std::vector<const model::Task*> unread(const std::vector<TaskSample>& tasks, Instant began) const;
  void publish_services(const std::vector<TaskSample>& tasks, Instant start, bool fine);
  void publish_nodes(const std::vector<TaskSample>& tasks, Instant start, bool fine);
  bool wants_fine(const std::string& group) const;
  int warmup_of(const model::AutoScalingGroup& group) const;
  void publish_insights(const std::vector<TaskSample>& tasks, Instant start);  // container_insights.cpp
  void publish_clusters(const std::vector<TaskSample>& tasks, Instant start);
  void forget_ended();
  double units(double cores) const { return cores / settings_.cores_per_vcpu * 1024; }

  // metric_traffic.cpp
  void publish_traffic(Instant start, double elapsed);
  void publish_hosts(Instant start);

  const state::State& state_;
  state::MetricStore& metrics_;
  const Settings& settings_;
  std::vector<std::function<void(Minute&)>> sources_;
  std::map<std::string, TaskUse> tasks_;
  std::map<std::pair<std::string, std::string>, Requests> requests_;  ///< by load balancer and group ARN
  Instant minute_end_ = kNever, fine_end_ = kNever;
  Instant minute_began_{}, fine_began_{};  ///< of measuring, later than the period's start in an engine's first one
};

/// Datapoints of single samples: equal values are counted, and beyond 150 different ones only the set is kept.
model::Datapoint summarize(std::vector<double> samples, Instant at, std::string unit);

}  // namespace engine

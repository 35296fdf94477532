// The newest figures that runtime and balancer reported, in memory: for status and /metrics. Metrics with history are
// CloudWatch's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "balancer/balancer.h"
#include "drivers/driver.h"

namespace engine {

struct TaskUsage {
  Instant at{};
  std::uint64_t cpu_ns = 0;
  double cores = 0;  ///< used over the last second
  std::uint64_t memory_bytes = 0;
  std::uint64_t network_rx_bytes = 0, network_tx_bytes = 0;
};

/// What the runtime last said of a container.
struct ContainerSeen {
  std::optional<Instant> started_at, ended_at;
  std::string address;      ///< of its own network; empty: it shares this machine's
  TaskUsage usage, before;  ///< the two newest samples; at is 0 where there is none
};

class Measurements {
 public:
  void add(const drivers::Usage& usage);
  void add(const drivers::ContainerStarted& started);
  void add(const drivers::ContainerExited& exited);
  void add(const balancer::Traffic& traffic);
  void forget_task(const std::string& task_id);
  void count_balancer_restart() { ++balancer_restarts_; }

  /// The containers of a task together.
  TaskUsage of_task(const std::string& task_id) const;
  /// nullptr: nothing was reported since this engine started, or the task has ended.
  const ContainerSeen* of_container(const std::string& task_id, const std::string& container) const;
  struct Requests {
    std::uint64_t total = 0, target_2xx = 0, target_3xx = 0, target_4xx = 0, target_5xx = 0;
    std::uint64_t elb_4xx = 0, elb_5xx = 0, connection_errors = 0;
  };
  /// Since the engine started; by load balancer and target group.
  const std::map<std::pair<std::string, std::string>, Requests>& requests() const { return requests_; }
  std::uint64_t balancer_restarts() const { return balancer_restarts_; }

 private:
  std::map<std::string, std::map<std::string, ContainerSeen>> seen_;  ///< task -> container
  std::map<std::pair<std::string, std::string>, Requests> requests_;
  std::uint64_t balancer_restarts_ = 0;
};

}  // namespace engine

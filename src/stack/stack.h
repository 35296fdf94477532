// The stack of `scaleout up`: cluster, node group, task definition, load balancer and service, made and taken down
// through the public AWS APIs only, by names, so that repeating either is harmless.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "client/aws_client.h"

namespace stack {

inline constexpr std::string_view kDefaultCluster = "container-cluster";

/// The stack of the http-scale-out document. Each is a flag of `scaleout up`.
struct Options {
  std::string cluster{kDefaultCluster};
  std::string service = "http-api";
  std::string repository = "http-api";
  std::string image;  ///< as the task definition names it
  std::string instance_type = "t2.micro";
  /// How many to begin with; absent: the least, or as many as there are where the stack exists already.
  std::optional<int> nodes, tasks;
  int nodes_min = 1, nodes_max = 5;
  int tasks_min = 1, tasks_max = 20;
  bool autoscaling = true;
  double cpu_target = 80;       ///< percent of what the tasks reserve, on average
  double node_cpu_target = 30;  ///< percent of the nodes' CPU, on average
  int scale_out_cooldown = 300, scale_in_cooldown = 300;  ///< seconds, of the service
  int node_warmup = 300;        ///< seconds until a new node counts as warm
  int container_port = 8080;
  int cpu = 256;      ///< CPU units: four to a t2.micro's 1024
  int memory = 128;   ///< MiB
  int port = 80;      ///< of the listener
  int minimum_healthy_percent = 100, maximum_percent = 200;
  int health_interval = 10, health_timeout = 5;  ///< seconds
  int deregistration_delay = 30;                 ///< seconds
  int stop_timeout = 10;                         ///< seconds
  int work_us = 0;  ///< WORK_US of http-api
  std::string version = "1";  ///< APP_VERSION of http-api
  std::string region;  ///< of the tasks' logs; empty: the one that calls are signed for
};

/// What AWS would refuse, or quietly change, when half of the stack is made: counts outside their bounds. The error says
/// which flags contradict each other.
Result<void> check(const Options& options);

/// Names derived from the cluster's and the service's: what up makes and down deletes. The services of a cluster share its
/// nodes; nothing else is shared by two of these stacks.
struct Names {
  explicit Names(const Options& options);
  std::string load_balancer, target_group, launch_template, node_group, log_group, task_family, service_policy, node_policy;
};

/// Told what is being done, a line each ("load balancer ecs-lb-http-api").
using Progress = std::function<void(const std::string&)>;

/// Makes what is missing and updates what differs; returns when AWS's API has accepted all of it. Counts that were not
/// given are left to autoscaling.
Result<void> up(client::AwsClient& aws, const Options& options, const Progress& progress);

struct Readiness {
  int desired = 0, running = 0, healthy = 0, deployments = 0;
  bool ready() const { return deployments == 1 && running == desired && healthy == desired; }
};
Result<Readiness> readiness(client::AwsClient& aws, const Options& options);

/// Cluster -> its services, of every active cluster.
using Services = std::map<std::string, std::set<std::string>>;
Result<Services> list_services(client::AwsClient& aws);

/// An error that names what there is, unless `down` would find the cluster, and the service if the cluster has any. Where
/// nothing runs in any cluster, the default stack may be gone already.
Result<void> check_present(client::AwsClient& aws, const Options& options);

/// Deletes the stack in the order that loses no request, waiting for each step at most `patience`. What is already
/// gone is not an error; nodes and cluster stay while another service is in the cluster.
Result<void> down(client::AwsClient& aws, const Options& options, Duration patience, const Progress& progress);

/// Calls `done` every 100 ms until it says true or fails; StillGoing after `patience`.
Result<void> wait_until(const std::function<Result<bool>()>& done, Duration patience, const std::string& what);

/// "http://127.83.12.1", with the port where it is not HTTP's own.
std::string http_url(std::string_view host, std::int64_t port);

/// Where the service answers.
Result<std::string> url(client::AwsClient& aws, const Options& options);

}  // namespace stack

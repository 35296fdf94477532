// What autoscaling sees and does for a service and the nodes below it: policies, their metric against the target, alarms
// with their datapoints, cooldowns, the last activities. Read through the AWS APIs; what AWS does not tell (an alarm's
// newest evaluation, cooldowns) from `GET /_scaleout/scaling` where the endpoint is our engine.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/aws_client.h"

namespace console {

struct AlarmStatus {
  std::string name, state, comparison;
  double threshold = 0;
  int needed = 0, periods = 0;             ///< M of N
  int period_seconds = 0;
  std::optional<int> breaching;            ///< of the N newest datapoints; absent: not known
  std::optional<double> value;             ///< newest datapoint
  std::vector<std::optional<bool>> points; ///< oldest first: breaching, not, missing; empty: not known
};

struct PolicyStatus {
  std::string name, type, metric;
  std::optional<double> target;  ///< of target tracking
  std::vector<AlarmStatus> alarms;
};

struct ScalingActivityStatus {
  std::int64_t at_ms = 0;
  std::string description, cause, status;
};

/// One thing that is scaled: the service, or a node group.
struct ScalingLayer {
  std::string resource;  ///< "service/container-cluster/http-api", or the group's name
  bool nodes = false;
  int least = 0, most = 0, desired = 0;
  std::vector<PolicyStatus> policies;
  std::optional<std::int64_t> out_cooldown_ms, in_cooldown_ms;  ///< left; absent: none, or not known
  std::vector<ScalingActivityStatus> activities;                ///< newest first, a few
};

struct ServiceName;
/// GET of one of the engine's own pages; an error where it is not our engine.
using EnginePage = std::function<Result<std::string>(const std::string& path)>;

/// The service's layer if it is a scalable target, then one for each of these node groups. What is not served or not
/// allowed there is left out: the rest of the screen is worth showing all the same.
std::vector<ScalingLayer> read_scaling(client::AwsClient& aws, const ServiceName& name, int desired,
                                       const std::set<std::string>& node_groups, const EnginePage& engine_page);

}  // namespace console

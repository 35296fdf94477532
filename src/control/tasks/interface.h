// The network interface of a task in mode awsvpc: in which subnets it may be, in which it is, and what it makes of the
// task's ports. Called by the service scheduler, and wherever a task is placed (RunTask, the engine).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "model/network.h"
#include "model/task.h"
#include "model/task_definition.h"

namespace control {

/// Those of one network configuration, as given; none is null.
using Subnets = std::vector<const model::Subnet*>;

/// For nodes that can have an interface in one of these subnets: they are in its VPC and its zone.
model::PlacementConstraint confinement(const Subnets& subnets);

/// The subnet of a task on a node of this zone: the first one there, null where there is none.
const model::Subnet* subnet_in(const Subnets& subnets, const std::string& zone);
/// The subnet of a task that has no node (Fargate): of the zone with the fewest tasks, of equals the first as given.
const model::Subnet* least_used(const Subnets& subnets, const std::map<std::string, int>& tasks_by_zone);

/// What a task that is placed gets its interface of. `network` and `subnet` outlive it.
struct NewInterface {
  const model::NetworkConfiguration& network;
  const model::Subnet& subnet;
  std::string address;
};
/// The task's ports are the containers' own, at its own address, so that they never clash.
void attach_interface(model::Task& task, const model::TaskDefinition& definition, NewInterface given, Random& random);

}  // namespace control

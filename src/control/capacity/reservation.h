// CapacityProviderReservation (sheet G): the nodes that a capacity provider's tasks need, in percent of those it has.
// Called by the engine once a minute for each provider with managed scaling. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/units.h"
#include "control/placement/node_view.h"

namespace control {

/// Tasks in PROVISIONING that need the same.
struct WaitingTasks {
  TaskNeeds needs;
  int count = 0;
  bool one_each = false;  ///< distinctInstance: at most one to a node
};

struct ReservationView {
  int instances = 0;  ///< N: InService in the provider's group
  int used = 0;       ///< of these, with at least one task that is not a DAEMON's
  CpuUnits cpu;       ///< of an instance of the group's type
  MiB memory;
  std::vector<WaitingTasks> waiting;
  int minimum_step = 1, maximum_step = 10'000;
};

struct Reservation {
  int needed = 0;      ///< M
  double percent = 0;  ///< 100 * M / N
  std::string formula;
};

Reservation reservation(const ReservationView& view);

/// k: instances that take what waits. The groups' lower bounds are not added up: one instance may serve several groups,
/// and what still waits then is seen a minute later. A group of which no task fits an empty instance is ignored.
int instances_for(const ReservationView& view);

}  // namespace control

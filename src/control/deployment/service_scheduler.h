// The service scheduler: brings a service's tasks to what its deployments want (sheet A3–A7, C, J). Called by the engine
// for each service that changed or whose deadline came. Pure: the same view, time and seed give the same decision.
// Always holds:
//  - Applied and run again at the same time it decides nothing more.
//  - Wanted tasks (desired RUNNING) never exceed `upper` through a start; a stop that the rollout or the drain of a node
//    decides never takes healthy tasks below `lower`.
//  - Durations are scaled by Pace; it acts at once on a change (AWS: about every 10 s).
#pragma once

#include "base/random.h"
#include "control/deployment/service_view.h"

namespace control {

ServiceDecision reconcile(const ServiceView& view, Instant now, Pace pace, Random& random);

/// lower = up(desired·minHealthy/100), upper = down(desired·max/100)
int lower_bound_of(int desired, int minimum_healthy_percent);
int upper_bound_of(int desired, int maximum_percent);

/// A RUNNING task without a load balancer and container check counts as healthy this long after its start.
inline constexpr Duration kUncheckedHealthyAfter = seconds(40);

}  // namespace control

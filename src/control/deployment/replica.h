// Starts and stops of a REPLICA service: rolling updates, scale-out and scale-in, replacement of unhealthy tasks and of
// tasks on draining nodes, all under minimum and maximum percent (sheet A3, A4, C, J). Internal to deployment/.
#pragma once

#include "control/deployment/service_pass.h"

namespace control {

void schedule_replicas(ServicePass& pass, int desired);

}  // namespace control

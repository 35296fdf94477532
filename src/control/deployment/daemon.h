// Starts and stops of a DAEMON service: one task on each ACTIVE node that its constraints admit (sheet A4). Internal to
// deployment/.
#pragma once

#include "control/deployment/service_pass.h"

namespace control {

/// Desired count: the number of such nodes.
int daemon_nodes(ServicePass& pass);
void schedule_daemons(ServicePass& pass, int desired);

}  // namespace control

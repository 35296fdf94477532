// Bookkeeping of a service's deployments within a pass: failures, the circuit breaker with its rollback, completion,
// steady state. Internal to deployment/; replica and daemon scheduling decide starts and stops in between.
#pragma once

#include "control/deployment/service_pass.h"

namespace control {

/// Counts the ends of stopped tasks and the first health of new ones; moves the launch throttle.
void account(ServicePass& pass);
/// The PRIMARY has failed too often, and the breaker is on.
bool breaker_due(const ServicePass& pass, int desired);
/// FAILED, and back to the last COMPLETED deployment if the service asks for it (sheet A5).
void trip_breaker_if_due(ServicePass& pass, int desired);
/// COMPLETED once only healthy tasks of the PRIMARY are left; deployments without tasks are dropped; steady state.
void conclude(ServicePass& pass, int desired);

}  // namespace control

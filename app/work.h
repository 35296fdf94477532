// Stands for a heavier handler: burns CPU for WORK_US. Called by Server before it answers /api.
// Always holds: it is this thread's CPU time that is burnt, not wall time: on a machine that is busy or a
// container that is throttled, a request costs the same CPU and takes longer, as real work does.
#pragma once

#include <chrono>

namespace http_api {

void burn_cpu(std::chrono::microseconds amount);

/// CPU time this thread has used so far.
std::chrono::nanoseconds thread_cpu_time();

}  // namespace http_api

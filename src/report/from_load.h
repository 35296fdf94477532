// What a load run measured, as the series of a report. Pure.
#pragma once

#include "load/outcome.h"
#include "report/run.h"

namespace report {

/// Adds rate, failed and latency for each second, and the load's facts. Seconds without an answer have no latency.
void add_load(Run& run, const load::Outcome& outcome);
/// A report of nothing but a load run.
Run run_of(const load::Outcome& outcome);

}  // namespace report

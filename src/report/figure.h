// The picture of a run: CPU and memory above, the request count below, then rate, latency, tasks and nodes; one time axis, with
// marks where tasks and nodes came and went, scaling activities, deployments and alarms. Pure: the same run gives the same bytes.
#pragma once

#include <string>
#include <vector>

#include "report/run.h"

namespace report {

/// For a page, whose own style sheet and heading stand around it.
std::string figure_for_page(const Run& run);
/// On its own, in the light colours, with heading and the log of scaling: what the PNG is made of.
std::string figure_alone(const Run& run);

/// Scaling activities, deployments and faults in the order of their numbers in the figure.
std::vector<Mark> numbered_marks(const Run& run);
/// The figure in two or three sentences, for those who do not see it.
std::string description(const Run& run);

}  // namespace report

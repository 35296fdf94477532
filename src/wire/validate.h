// Does an input satisfy its model? Required members, enumerations, lengths, ranges, finite numbers, in AWS's words. Called by dispatch on
// every decoded input, and by nobody else: services rely on it.
#pragma once

#include "api/type.h"
#include "base/result.h"

namespace wire {

Result<void> validate(const api::ServiceModel& service, const api::Type& type, const void* value);

}  // namespace wire

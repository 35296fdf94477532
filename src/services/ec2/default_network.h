// The default VPC that every AWS account starts with. Called by cmd/engine.cpp at start and after a reset.
// Always holds: where there is a VPC already, nothing is made.
#pragma once

#include "services/context.h"

namespace services::ec2 {

/// 172.31.0.0/16 with a /20 subnet in each of the region's first three zones and its default security group.
void seed_default_network(Context& context);

}  // namespace services::ec2

// The default VPC that every AWS account starts with. Called by cmd/engine.cpp at start and after a reset, and by
// CreateDefaultVpc and CreateDefaultSubnet.
#pragma once

#include <string>

#include "services/context.h"

namespace services::ec2 {

/// The default VPC, once in a state's life: nothing is made where it was made before.
void seed_default_network(Context& context);

/// 172.31.0.0/16 with a /20 subnet in each of the region's zones, its default security group, an internet gateway and the
/// route to it.
model::Vpc make_default_vpc(Context& context);
model::Subnet make_default_subnet(Context& context, const model::Vpc& vpc, const std::string& zone);
/// The parts besides subnets, where they are missing.
void complete_default_vpc(Context& context, const model::Vpc& vpc);

}  // namespace services::ec2

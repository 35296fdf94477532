// EC2, as far as node groups need it: the default VPC, security groups, launch templates, instances.
#pragma once

#include <span>

#include "api/route.h"

namespace services::ec2 {

std::span<const api::Route> routes();

}  // namespace services::ec2

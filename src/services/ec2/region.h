// Names of the region's zones. Called by this service's handlers.
#pragma once

#include <string>
#include <vector>

namespace services::ec2 {

/// "us-east-1a" … as many as the default VPC has subnets.
std::vector<std::string> zones_of(const std::string& region);
/// "use1-az1" for "us-east-1a": letters and numbers in the same order, as in an account that was never shuffled.
std::string zone_id(const std::string& zone);

}  // namespace services::ec2

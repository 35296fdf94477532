// Elastic IPs. Called by addresses.cpp and nat_gateways.cpp.
#pragma once

#include "services/context.h"

namespace services::ec2 {

Result<const model::ElasticAddress*> find_address(const Context& context, const std::string& allocation_id);
/// The same, refusing one that is in use.
Result<const model::ElasticAddress*> find_free_address(const Context& context, const std::string& allocation_id);
void free_address(Context& context, const std::string& allocation_id);

}  // namespace services::ec2

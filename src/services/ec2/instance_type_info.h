// An instance type as EC2 shows it. Called by catalogue.cpp, and for what else depends on a type's family.
#pragma once

#include <string>
#include <string_view>

#include "api/ec2.h"
#include "model/instance_type.h"

namespace services::ec2 {

bool is_current_generation(std::string_view type);
/// Whether it lives on CPU credits.
bool is_burstable(std::string_view type);
/// "nitro" or "xen".
std::string hypervisor_of(std::string_view type);
api::ec2::InstanceTypeInfo show_type(const model::InstanceType& type);

}  // namespace services::ec2

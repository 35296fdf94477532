// An instance's network interface, as DescribeNetworkInterfaces shows it. Called by that and by show_instance.cpp.
#pragma once

#include <optional>
#include <vector>

#include "api/ec2.h"
#include "services/context.h"
#include "services/ec2/filters.h"

namespace services::ec2 {

/// None once it is terminated.
std::optional<api::ec2::NetworkInterface> interface_of_instance(const Context& context, const model::Instance& instance);
/// By the names of DescribeNetworkInterfaces' filters; DescribeInstances has them below `network-interface.`.
std::vector<Fact> facts_of_interface(const api::ec2::NetworkInterface& shown);

}  // namespace services::ec2

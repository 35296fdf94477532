// An instance as EC2 shows it. Called by instances.cpp.
#pragma once

#include "api/ec2.h"
#include "services/context.h"
#include "services/ec2/filters.h"

namespace services::ec2 {

api::ec2::InstanceState show_state(const std::string& state);
api::ec2::Instance show_instance(const Context& context, const model::Instance& instance);
/// Also those that AWS itself sets (aws:autoscaling:groupName, aws:ec2launchtemplate:…).
model::Tags all_tags(const model::Instance& instance);
std::string reservation_of(const model::Instance& instance);
std::vector<Fact> facts_of_instance(const Context& context, const model::Instance& instance);

}  // namespace services::ec2

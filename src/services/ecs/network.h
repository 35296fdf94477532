// networkConfiguration in requests and answers, and the interfaces that tasks of mode awsvpc have. Called by the
// handlers of services and tasks.
#pragma once

#include "api/ecs.h"
#include "control/tasks/interface.h"
#include "services/context.h"

namespace services::ecs {

inline constexpr const char* kNoPublicAddress = "Assign public IP is not supported for this launch type.";

/// Checked against the definition's network mode and against EC2: subnets of one VPC, security groups of that VPC.
/// Nothing for another mode.
Result<model::NetworkConfiguration> read_network(const Context& context,
                                                 const std::optional<api::ecs::NetworkConfiguration>& given,
                                                 const model::TaskDefinition& definition, bool serverless);
api::ecs::NetworkConfiguration render_network(const model::NetworkConfiguration& network);

/// Those of its subnets that exist.
control::Subnets subnets_of(const Context& context, const model::NetworkConfiguration& network);

/// The attachment of a task that has an interface.
api::ecs::Attachment render_interface(const Context& context, const model::Task& task);

}  // namespace services::ecs

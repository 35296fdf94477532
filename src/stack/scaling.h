// Both layers of autoscaling of the document's stack: the service's tasks and the cluster's nodes, by target tracking.
// Called by up(); the policies go with the service's scalable target and with the group.
#pragma once

#include "stack/stack.h"

namespace stack {

/// Puts the policies, or (autoscaling off) takes away what an earlier `up` put. Repeating it is harmless.
Result<void> make_scaling(client::AwsClient& aws, const Options& options, const Names& names);
/// Forgets the service's scalable target and with it its policies and alarms; one that is not there is no error.
Result<void> delete_service_scaling(client::AwsClient& aws, const Options& options);

}  // namespace stack

// Everything that happened around a service, in one order of time: its own events, scaling activities of both layers and
// changes of alarm states. For `scaleout events`. Read through the AWS APIs, so it works against AWS too.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "client/aws_client.h"
#include "console/service_status.h"

namespace console {

struct StoryOptions {
  bool service_only = false;  ///< as AWS's own list of events
  bool not_scaled = false;    ///< with the times it was not scaled, and why
};

/// Oldest first. Where an API refuses (no permission, not served) its part is left out; a missing service, and an endpoint
/// that does not answer, are errors. The node groups found are added to `groups`: given again, their history stays when
/// their last node has gone.
Result<std::vector<EventStatus>> read_story(client::AwsClient& aws, const ServiceName& name, const StoryOptions& options,
                                            std::set<std::string>& groups);

}  // namespace console

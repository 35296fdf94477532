// How IAM shows its records. Called by this service's handlers.
#pragma once

#include "api/iam.h"
#include "services/context.h"
#include "services/iam/lookup.h"

namespace services::iam {

/// `details`: what GetRole shows and lists leave out.
api::iam::Role show_role(const model::Role& role, bool details);
api::iam::InstanceProfile show_instance_profile(const Context& context, const model::InstanceProfile& profile, bool details);
api::iam::Policy show_policy(const Context& context, const FoundPolicy& policy, bool details);

}  // namespace services::iam

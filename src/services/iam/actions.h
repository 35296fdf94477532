// IAM: roles, policies and instance profiles, kept and checked. No permission is enforced.
#pragma once

#include <span>

#include "api/route.h"

namespace services::iam {

std::span<const api::Route> routes();

}  // namespace services::iam

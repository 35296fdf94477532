#include "services/tagging/actions.h"

#include "services/tagging/handlers.h"

namespace services::tagging {

constexpr api::Route kTaggingRoutes[] = {
    api::route<op::GetResources, get_resources>(),
    api::route<op::GetTagKeys, get_tag_keys>(),
    api::route<op::GetTagValues, get_tag_values>(),
    api::route<op::TagResources, tag_resources>(),
    api::route<op::UntagResources, untag_resources>(),
};

std::span<const api::Route> routes() { return kTaggingRoutes; }

}  // namespace services::tagging

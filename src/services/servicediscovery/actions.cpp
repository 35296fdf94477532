#include "services/servicediscovery/actions.h"

#include "services/servicediscovery/handlers.h"

namespace services::servicediscovery {

// Not here, so refused by name: DNS namespaces, services and their instances, discovery.
constexpr api::Route kServiceDiscoveryRoutes[] = {
    api::route<op::CreateHttpNamespace, create_http_namespace>(),
    api::route<op::DeleteNamespace, delete_namespace>(),
    api::route<op::GetNamespace, get_namespace>(),
    api::route<op::GetOperation, get_operation>(),
    api::route<op::ListNamespaces, list_namespaces>(),
    api::route<op::ListTagsForResource, list_tags_for_resource>(),
    api::route<op::TagResource, tag_resource>(),
    api::route<op::UntagResource, untag_resource>(),
    api::route<op::UpdateHttpNamespace, update_http_namespace>(),
};

std::span<const api::Route> routes() { return kServiceDiscoveryRoutes; }

}  // namespace services::servicediscovery

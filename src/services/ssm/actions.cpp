#include "services/ssm/actions.h"

#include "services/ssm/handlers.h"

namespace services::ssm {

// Not here, so refused by name: everything of Systems Manager but parameters.
constexpr api::Route kSsmRoutes[] = {
    api::route<op::AddTagsToResource, add_tags_to_resource>(),
    api::route<op::DeleteParameter, delete_parameter>(),
    api::route<op::DeleteParameters, delete_parameters>(),
    api::route<op::DescribeParameters, describe_parameters>(),
    api::route<op::GetParameter, get_parameter>(),
    api::route<op::GetParameterHistory, get_parameter_history>(),
    api::route<op::GetParameters, get_parameters>(),
    api::route<op::GetParametersByPath, get_parameters_by_path>(),
    api::route<op::ListTagsForResource, list_tags_for_resource>(),
    api::route<op::PutParameter, put_parameter>(),
    api::route<op::RemoveTagsFromResource, remove_tags_from_resource>(),
};

std::span<const api::Route> routes() { return kSsmRoutes; }

}  // namespace services::ssm

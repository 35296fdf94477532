#include "services/ecr/actions.h"

#include "services/ecr/handlers.h"

namespace services::ecr {

constexpr api::Route kEcrRoutes[] = {
    api::route<op::BatchDeleteImage, batch_delete_image>(),
    api::route<op::BatchGetImage, batch_get_image>(),
    api::route<op::CreateRepository, create_repository>(),
    api::route<op::DeleteLifecyclePolicy, delete_lifecycle_policy>(),
    api::route<op::DeleteRepository, delete_repository>(),
    api::route<op::DeleteRepositoryPolicy, delete_repository_policy>(),
    api::route<op::DescribeImages, describe_images>(),
    api::route<op::DescribeRepositories, describe_repositories>(),
    api::route<op::GetAuthorizationToken, get_authorization_token>(),
    api::route<op::GetLifecyclePolicy, get_lifecycle_policy>(),
    api::route<op::GetRepositoryPolicy, get_repository_policy>(),
    api::route<op::ListImages, list_images>(),
    api::route<op::ListTagsForResource, list_tags_for_resource>(),
    api::route<op::PutImageScanningConfiguration, put_image_scanning_configuration>(),
    api::route<op::PutImageTagMutability, put_image_tag_mutability>(),
    api::route<op::PutLifecyclePolicy, put_lifecycle_policy>(),
    api::route<op::SetRepositoryPolicy, set_repository_policy>(),
    api::route<op::TagResource, tag_resource>(),
    api::route<op::UntagResource, untag_resource>(),
};

std::span<const api::Route> routes() { return kEcrRoutes; }

}  // namespace services::ecr

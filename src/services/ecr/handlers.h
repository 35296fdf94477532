// Every handler of ECR, by the file that has it. Called through the table in actions.cpp only.
#pragma once

#include "api/ecr.h"
#include "services/context.h"

namespace services::ecr {

namespace op = api::ecr::op;

inline constexpr std::string_view kInvalidToken = "InvalidParameterException";  ///< for a page token that we did not give

template <class Op>
using Answer = Result<typename Op::Output>;

// repositories.cpp
Answer<op::CreateRepository> create_repository(Context& context, const op::CreateRepository::Input& in);
Answer<op::DescribeRepositories> describe_repositories(Context& context, const op::DescribeRepositories::Input& in);
Answer<op::DeleteRepository> delete_repository(Context& context, const op::DeleteRepository::Input& in);
Answer<op::PutImageTagMutability> put_image_tag_mutability(Context& context, const op::PutImageTagMutability::Input& in);
Answer<op::PutImageScanningConfiguration> put_image_scanning_configuration(
    Context& context, const op::PutImageScanningConfiguration::Input& in);
Answer<op::GetAuthorizationToken> get_authorization_token(Context& context, const op::GetAuthorizationToken::Input& in);

// image_actions.cpp
Answer<op::BatchDeleteImage> batch_delete_image(Context& context, const op::BatchDeleteImage::Input& in);
Answer<op::BatchGetImage> batch_get_image(Context& context, const op::BatchGetImage::Input& in);
Answer<op::DescribeImages> describe_images(Context& context, const op::DescribeImages::Input& in);
Answer<op::ListImages> list_images(Context& context, const op::ListImages::Input& in);

// policies.cpp
Answer<op::PutLifecyclePolicy> put_lifecycle_policy(Context& context, const op::PutLifecyclePolicy::Input& in);
Answer<op::GetLifecyclePolicy> get_lifecycle_policy(Context& context, const op::GetLifecyclePolicy::Input& in);
Answer<op::DeleteLifecyclePolicy> delete_lifecycle_policy(Context& context, const op::DeleteLifecyclePolicy::Input& in);
Answer<op::SetRepositoryPolicy> set_repository_policy(Context& context, const op::SetRepositoryPolicy::Input& in);
Answer<op::GetRepositoryPolicy> get_repository_policy(Context& context, const op::GetRepositoryPolicy::Input& in);
Answer<op::DeleteRepositoryPolicy> delete_repository_policy(Context& context,
                                                            const op::DeleteRepositoryPolicy::Input& in);

// tags.cpp
Answer<op::TagResource> tag_resource(Context& context, const op::TagResource::Input& in);
Answer<op::UntagResource> untag_resource(Context& context, const op::UntagResource::Input& in);
Answer<op::ListTagsForResource> list_tags_for_resource(Context& context, const op::ListTagsForResource::Input& in);

}  // namespace services::ecr

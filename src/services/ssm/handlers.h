// Every handler of SSM, by the file that has it. Called through the table in actions.cpp only.
#pragma once

#include "api/ssm.h"
#include "services/context.h"

namespace services::ssm {

namespace op = api::ssm::op;

inline constexpr std::string_view kInvalidToken = "InvalidNextToken";  ///< for a page token that we did not give

template <class Op>
using Answer = Result<typename Op::Output>;

// put_parameter.cpp
Answer<op::PutParameter> put_parameter(Context& context, const op::PutParameter::Input& in);
Answer<op::DeleteParameter> delete_parameter(Context& context, const op::DeleteParameter::Input& in);
Answer<op::DeleteParameters> delete_parameters(Context& context, const op::DeleteParameters::Input& in);

// get_parameters.cpp
Answer<op::GetParameter> get_parameter(Context& context, const op::GetParameter::Input& in);
Answer<op::GetParameters> get_parameters(Context& context, const op::GetParameters::Input& in);
Answer<op::GetParametersByPath> get_parameters_by_path(Context& context, const op::GetParametersByPath::Input& in);
Answer<op::GetParameterHistory> get_parameter_history(Context& context, const op::GetParameterHistory::Input& in);

// describe_parameters.cpp
Answer<op::DescribeParameters> describe_parameters(Context& context, const op::DescribeParameters::Input& in);

// tags.cpp
Answer<op::AddTagsToResource> add_tags_to_resource(Context& context, const op::AddTagsToResource::Input& in);
Answer<op::RemoveTagsFromResource> remove_tags_from_resource(Context& context, const op::RemoveTagsFromResource::Input& in);
Answer<op::ListTagsForResource> list_tags_for_resource(Context& context, const op::ListTagsForResource::Input& in);

}  // namespace services::ssm

// Every handler of the tagging API, by the file that has it. Called through the table in actions.cpp only.
#pragma once

#include "api/resourcegroupstaggingapi.h"
#include "services/context.h"

namespace services::tagging {

namespace op = api::resourcegroupstaggingapi::op;

template <class Op>
using Answer = Result<typename Op::Output>;

// read.cpp
Answer<op::GetResources> get_resources(Context& context, const op::GetResources::Input& in);
Answer<op::GetTagKeys> get_tag_keys(Context& context, const op::GetTagKeys::Input& in);
Answer<op::GetTagValues> get_tag_values(Context& context, const op::GetTagValues::Input& in);

// change.cpp
Answer<op::TagResources> tag_resources(Context& context, const op::TagResources::Input& in);
Answer<op::UntagResources> untag_resources(Context& context, const op::UntagResources::Input& in);

}  // namespace services::tagging

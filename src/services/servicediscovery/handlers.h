// Every handler of Cloud Map, by the file that has it. Called through the table in actions.cpp only.
#pragma once

#include "api/servicediscovery.h"
#include "services/context.h"

namespace services::servicediscovery {

namespace op = api::servicediscovery::op;

template <class Op>
using Answer = Result<typename Op::Output>;

// namespaces.cpp
Answer<op::CreateHttpNamespace> create_http_namespace(Context& context, const op::CreateHttpNamespace::Input& in);
Answer<op::DeleteNamespace> delete_namespace(Context& context, const op::DeleteNamespace::Input& in);
Answer<op::GetNamespace> get_namespace(Context& context, const op::GetNamespace::Input& in);
Answer<op::ListNamespaces> list_namespaces(Context& context, const op::ListNamespaces::Input& in);
Answer<op::UpdateHttpNamespace> update_http_namespace(Context& context, const op::UpdateHttpNamespace::Input& in);

// operations.cpp
Answer<op::GetOperation> get_operation(Context& context, const op::GetOperation::Input& in);
/// Writes one that is over down and gives its id.
std::string add_operation(Context& context, const std::string& type, const std::string& namespace_id);

// tags.cpp
Answer<op::ListTagsForResource> list_tags_for_resource(Context& context, const op::ListTagsForResource::Input& in);
Answer<op::TagResource> tag_resource(Context& context, const op::TagResource::Input& in);
Answer<op::UntagResource> untag_resource(Context& context, const op::UntagResource::Input& in);
/// Adds to or replaces in `tags`.
Result<void> set_tags(model::Tags& tags, const api::Optional<std::vector<api::servicediscovery::Tag>>& given);

}  // namespace services::servicediscovery

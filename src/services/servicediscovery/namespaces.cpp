#include <fmt/format.h>

#include <algorithm>

#include "services/page.h"
#include "services/servicediscovery/handlers.h"

namespace services::servicediscovery {
namespace {

/// By id, or by ARN.
Result<const model::Namespace*> find_namespace(const Context& context, const std::string& id) {
  const std::string plain = id.substr(id.starts_with("arn:") ? id.rfind('/') + 1 : 0);
  if (const auto* found = context.state.namespaces.find(plain)) return found;
  return fail("NamespaceNotFound", fmt::format("The namespace {} was not found.", id));
}

/// What a namespace and its line in a list have in common.
template <class Shape>
Shape show_namespace(const Context& context, const model::Namespace& record) {
  Shape out;
  out.id = record.id;
  out.arn = record.arn;
  out.resource_owner = context.account.id;
  out.name = record.name;
  out.type = "HTTP";
  if (!record.description.empty()) out.description = record.description;
  out.service_count = 0;
  out.properties.emplace().http_properties.emplace().http_name = record.name;
  out.create_date = api::Timestamp{to_ms(record.created_at)};
  return out;
}

bool passes(const Context& context, const model::Namespace& record, const api::servicediscovery::NamespaceFilter& filter) {
  const std::string value = *filter.name == "TYPE"             ? "HTTP"
                            : *filter.name == "RESOURCE_OWNER" ? context.account.id
                                                               : record.name;
  const bool begins = filter.condition == "BEGINS_WITH";
  return std::ranges::any_of(*filter.values, [&](const std::string& wanted) {
    if (*filter.name == "RESOURCE_OWNER" && wanted == "SELF") return true;
    return begins ? value.starts_with(wanted) : value == wanted;
  });
}

}  // namespace

Answer<op::CreateHttpNamespace> create_http_namespace(Context& context, const op::CreateHttpNamespace::Input& in) {
  const bool plain = std::ranges::all_of(*in.name, [](unsigned char c) { return c > ' ' && c <= '~'; });
  if (in.name->empty() || !plain || in.name->starts_with("arn:")) {
    return fail("InvalidInput", fmt::format("'{}' is not a valid name of an HTTP namespace.", *in.name));
  }
  for (const auto& [id, one] : context.state.namespaces.all()) {
    if (one.name != *in.name) continue;
    return fail("NamespaceAlreadyExists", fmt::format("Namespace with name {} already exists: {}", one.name, one.id));
  }
  model::Namespace made;
  made.id = "ns-" + context.random.hex(16);
  made.arn = make_arn(context.account, "servicediscovery", "namespace/" + made.id);
  made.name = *in.name;
  made.description = in.description.value_or("");
  made.creator_request_id = in.creator_request_id.value_or(context.random.uuid());
  made.created_at = context.now;
  TRY_VOID(set_tags(made.tags, in.tags));
  op::CreateHttpNamespace::Output out;
  out.operation_id = add_operation(context, "CREATE_NAMESPACE", made.id);
  context.state.namespaces.put(std::move(made));
  return out;
}

Answer<op::DeleteNamespace> delete_namespace(Context& context, const op::DeleteNamespace::Input& in) {
  TRY(const model::Namespace* found, find_namespace(context, *in.id));
  op::DeleteNamespace::Output out;
  out.operation_id = add_operation(context, "DELETE_NAMESPACE", found->id);
  context.state.namespaces.erase(std::string(found->id));
  return out;
}

Answer<op::GetNamespace> get_namespace(Context& context, const op::GetNamespace::Input& in) {
  TRY(const model::Namespace* found, find_namespace(context, *in.id));
  op::GetNamespace::Output out;
  out.namespace_ = show_namespace<api::servicediscovery::Namespace>(context, *found);
  out.namespace_->creator_request_id = found->creator_request_id;
  return out;
}

Answer<op::ListNamespaces> list_namespaces(Context& context, const op::ListNamespaces::Input& in) {
  constexpr int kUsualPage = 100;
  op::ListNamespaces::Output out;
  auto& shown = out.namespaces.emplace();
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kUsualPage)), "InvalidInput"));
  for (const auto& [id, one] : context.state.namespaces.all()) {
    const bool wanted = !in.filters || std::ranges::all_of(*in.filters, [&](const auto& filter) {
      return passes(context, one, filter);
    });
    if (wanted && page.take(id)) {
      shown.push_back(show_namespace<api::servicediscovery::NamespaceSummary>(context, one));
    }
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

Answer<op::UpdateHttpNamespace> update_http_namespace(Context& context, const op::UpdateHttpNamespace::Input& in) {
  TRY(const model::Namespace* found, find_namespace(context, *in.id));
  model::Namespace changed = *found;
  changed.description = *in.namespace_->description;
  op::UpdateHttpNamespace::Output out;
  out.operation_id = add_operation(context, "UPDATE_NAMESPACE", changed.id);
  context.state.namespaces.put(std::move(changed));
  return out;
}

}  // namespace services::servicediscovery

// What AWS does in the background is over here when it is answered; clients ask for the operation all the same.
#include <fmt/format.h>

#include <algorithm>

#include "services/servicediscovery/handlers.h"

namespace services::servicediscovery {
namespace {

constexpr std::size_t kMostKept = 200;

void drop_oldest_operation(Context& context) {
  const auto& all = context.state.namespace_operations.all();
  if (all.size() < kMostKept) return;
  const auto oldest = std::ranges::min_element(
      all, {}, [](const auto& entry) { return std::pair(entry.second.created_at, std::string_view(entry.first)); });
  context.state.namespace_operations.erase(std::string(oldest->first));
}

}  // namespace

std::string add_operation(Context& context, const std::string& type, const std::string& namespace_id) {
  drop_oldest_operation(context);
  model::NamespaceOperation made{
      .id = context.random.uuid(), .type = type, .namespace_id = namespace_id, .created_at = context.now};
  const std::string id = made.id;
  context.state.namespace_operations.put(std::move(made));
  return id;
}

Answer<op::GetOperation> get_operation(Context& context, const op::GetOperation::Input& in) {
  const auto* found = context.state.namespace_operations.find(*in.operation_id);
  if (!found) return fail("OperationNotFound", fmt::format("The operation {} was not found.", *in.operation_id));
  op::GetOperation::Output out;
  auto& shown = out.operation.emplace();
  shown.id = found->id;
  shown.type = found->type;
  shown.status = "SUCCESS";
  shown.create_date = api::Timestamp{to_ms(found->created_at)};
  shown.update_date = shown.create_date;
  shown.targets.emplace()["NAMESPACE"] = found->namespace_id;
  return out;
}

}  // namespace services::servicediscovery

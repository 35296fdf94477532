#include "services/ecs/handlers.h"

#include "control/placement/query.h"
#include "services/ecs/lookup.h"
#include "services/ecs/render.h"
#include "services/page.h"

namespace services::ecs {

namespace {

const model::ContainerInstance* find_node(const Context& context, const model::Cluster& cluster,
                                          const std::string& name_or_arn) {
  const model::ContainerInstance* node = context.state.container_instances.find(short_name(name_or_arn));
  return node && node->cluster == cluster.name ? node : nullptr;
}

api::ecs::Failure missing(const Context& context, const model::Cluster& cluster, const std::string& name) {
  return {.arn = make_arn(context.account, "ecs",
                          "container-instance/" + cluster.name + "/" + std::string(short_name(name))),
          .reason = "MISSING"};
}

}  // namespace

Result<op::DescribeContainerInstances::Output> describe_container_instances(
    Context& context, const op::DescribeContainerInstances::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  const auto names = in.container_instances.value_or(std::vector<std::string>());
  if (names.empty()) return fail("InvalidParameterException", "Container instances cannot be empty.");
  op::DescribeContainerInstances::Output out;
  auto& nodes = out.container_instances.emplace();
  auto& failures = out.failures.emplace();
  for (const std::string& name : names) {
    if (const model::ContainerInstance* node = find_node(context, *cluster, name)) {
      nodes.push_back(render_container_instance(context, *node, asks_for_tags(in.include)));
    } else {
      failures.push_back(missing(context, *cluster, name));
    }
  }
  return out;
}

Result<op::ListContainerInstances::Output> list_container_instances(Context& context,
                                                                    const op::ListContainerInstances::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  std::optional<control::Query> query;
  if (in.filter && !in.filter->empty()) {
    TRY(query, control::Query::parse(*in.filter));
  }
  op::ListContainerInstances::Output out;
  auto& arns = out.container_instance_arns.emplace();
  TRY(const std::size_t size, page_size(in.max_results));
  TRY(Page page, Page::open(in.next_token, size, kInvalidToken));
  for (const std::string& id : context.state.container_instances_by_cluster.keys(cluster->name)) {
    const model::ContainerInstance& node = *context.state.container_instances.find(id);
    if (in.status ? node.status != *in.status : node.status == "INACTIVE") continue;
    if (query && !query->matches(control::make_node_view(node, context.state.node_uses.of(id)))) continue;
    if (page.take(id)) arns.push_back(node.arn);
  }
  out.next_token = page.next_token();
  return out;
}

Result<op::UpdateContainerInstancesState::Output> update_container_instances_state(
    Context& context, const op::UpdateContainerInstancesState::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  const std::string status = in.status.value_or("");
  if (status != "ACTIVE" && status != "DRAINING") {
    return fail("InvalidParameterException", "Container instance status should be one of [ACTIVE,DRAINING].");
  }
  op::UpdateContainerInstancesState::Output out;
  auto& nodes = out.container_instances.emplace();
  auto& failures = out.failures.emplace();
  for (const std::string& name : in.container_instances.value_or(std::vector<std::string>())) {
    const model::ContainerInstance* node = find_node(context, *cluster, name);
    if (!node) {
      failures.push_back(missing(context, *cluster, name));
      continue;
    }
    if (node->status != "ACTIVE" && node->status != "DRAINING") {
      failures.push_back({.arn = node->arn, .reason = "INACTIVE"});
      continue;
    }
    const std::string id = node->id;
    context.state.container_instances.update(id, [&](model::ContainerInstance& record) {
      if (record.status == status) return;
      record.status = status;
      ++record.version;
    });
    nodes.push_back(render_container_instance(context, *context.state.container_instances.find(id), false));
  }
  return out;
}

Result<op::DeregisterContainerInstance::Output> deregister_container_instance(
    Context& context, const op::DeregisterContainerInstance::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  const model::ContainerInstance* node = find_node(context, *cluster, in.container_instance.value_or(""));
  if (!node) return fail("InvalidParameterException", "Referenced container instance not found.");
  const std::set<std::string> tasks = context.state.tasks_by_container_instance.keys(node->id);
  for (const std::string& id : tasks) {
    const model::Task* task = context.state.tasks.find(id);
    if (!task->wanted()) continue;
    if (!in.force.value_or(false)) {
      return fail("InvalidParameterException", "Found running tasks on the instance.");
    }
    context.state.tasks.update(id, [&](model::Task& record) {
      record.desired_status = "STOPPED";
      record.stop_code = "UserInitiated";
      record.stopped_reason = "Container instance deregistration forced by user";
      ++record.version;
    });
  }
  op::DeregisterContainerInstance::Output out;
  out.container_instance = render_container_instance(context, *node, false);
  out.container_instance->status = "INACTIVE";
  const std::string id = node->id;
  context.state.container_instances.erase(id);
  return out;
}

}  // namespace services::ecs

#include "services/ecs/handlers.h"

#include <map>

#include "api/document.h"
#include "control/capacity/capacity_strategy.h"
#include "control/placement/placement.h"
#include "control/tasks/new_task.h"
#include "services/ecs/capacity_strategy.h"
#include "services/ecs/lookup.h"
#include "services/ecs/render.h"
#include "services/ecs/service_settings.h"
#include "services/page.h"

namespace services::ecs {

namespace {

std::vector<control::NodeView> node_views(const Context& context, const std::string& cluster) {
  std::vector<control::NodeView> views;
  for (const std::string& id : context.state.container_instances_by_cluster.keys(cluster)) {
    views.push_back(control::make_node_view(*context.state.container_instances.find(id), context.state.node_uses.of(id)));
  }
  return views;
}

const model::Task* find_task(const Context& context, const model::Cluster& cluster, const std::string& name_or_arn) {
  const model::Task* task = context.state.tasks.find(short_name(name_or_arn));
  return task && task->cluster == cluster.name ? task : nullptr;
}

/// Whether a filter of ListTasks lets a task through.
bool listed(const op::ListTasks::Input& in, const model::Task& task) {
  if (task.desired_status != in.desired_status.value_or("RUNNING")) return false;
  if (in.container_instance && task.container_instance != short_name(*in.container_instance)) return false;
  if (in.service_name && task.service != short_name(*in.service_name)) return false;
  if (in.started_by && task.started_by != *in.started_by) return false;
  if (in.launch_type && task.launch_type != *in.launch_type) return false;
  if (in.family && !std::string_view(short_name(task.task_definition_arn)).starts_with(*in.family + ":")) return false;
  return true;
}

Result<void> refuse_unserved_run(const op::RunTask::Input& in) {
  const auto refuse = [](const char* what) {
    return fail("UnsupportedFeatureException", std::string("This engine does not serve ") + what + " yet.");
  };
  if (in.launch_type.value_or("EC2") != "EC2") return refuse("launch types other than EC2");
  if (in.overrides && in.overrides->container_overrides && !in.overrides->container_overrides->empty()) {
    return refuse("containerOverrides");
  }
  return {};
}

}  // namespace

Result<op::RunTask::Output> run_task(Context& context, const op::RunTask::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  TRY_VOID(refuse_unserved_run(in));
  TRY(const model::TaskDefinition* definition, usable_task_definition(context, in.task_definition.value_or("")));
  const int count = in.count.value_or(1);
  if (count < 1 || count > 10) return fail("InvalidParameterException", "count must be between 1 and 10.");
  TRY(auto constraints,
      read_constraints(in.placement_constraints.value_or(std::vector<api::ecs::PlacementConstraint>())));
  TRY(auto strategies, read_strategies(in.placement_strategy.value_or(std::vector<api::ecs::PlacementStrategy>())));
  const std::string group = in.group.value_or("family:" + definition->family);
  if (group.starts_with("service:")) {
    return fail("InvalidParameterException", "Invalid namespace for group: 'service:' is kept for services.");
  }
  TRY(const auto strategy,
      strategy_for(*cluster,
                   in.capacity_provider_strategy.value_or(std::vector<api::ecs::CapacityProviderStrategyItem>()),
                   in.launch_type.has_value()));
  if (!strategy.empty() && (!constraints.empty() || !strategies.empty())) {  // a task that waits would have to keep them
    return fail("UnsupportedFeatureException",
                "This engine does not serve placementConstraints and placementStrategy of RunTask together with a capacity "
                "provider strategy. Put constraints into the task definition.");
  }
  if (strategy.empty() && context.state.container_instances_by_cluster.keys(cluster->name).empty()) {
    return fail("InvalidParameterException", "No Container Instances were found in your cluster.");
  }
  std::vector<control::NodeView> nodes = node_views(context, cluster->name);
  control::PlacementRequest request = control::placement_request(group, *definition, constraints, strategies);
  control::Placer placer(request, nodes, context.random);
  std::map<std::string, int> by_provider;
  op::RunTask::Output out;
  auto& started = out.tasks.emplace();
  auto& failures = out.failures.emplace();
  for (int i = 0; i < count; ++i) {
    request.capacity_provider = strategy.empty() ? "" : control::choose_provider(strategy, by_provider);
    ++by_provider[request.capacity_provider];
    const auto placed = strategy.empty() ? placer.place() : control::place(request, nodes, context.random);
    const bool waits = !placed && !strategy.empty();
    if (waits && context.state.waiting_tasks_by_cluster.keys(cluster->name).size() >= control::kMostWaitingTasks) {
      failures.push_back({.reason = "The tasks provisioning capacity limit was exceeded."});
      continue;
    }
    if (!placed && !waits) {
      auto& failure = failures.emplace_back();
      if (!placed.error().container_instance.empty()) {
        failure.arn = make_arn(context.account, "ecs",
                               "container-instance/" + cluster->name + "/" + placed.error().container_instance);
      }
      failure.reason = placed.error().code;
      continue;
    }
    const model::ContainerInstance* node = waits ? nullptr : nodes[*placed].instance;
    const auto use = context.state.node_uses.of(node ? node->id : "");
    model::Task task = control::make_task({.definition = *definition,
                                           .node = node,
                                           .cluster = cluster->name,
                                           .group = group,
                                           .started_by = in.started_by.value_or(""),
                                           .capacity_provider = request.capacity_provider,
                                           .port_used = [&](int port) { return use->host_ports.contains(port); }},
                                          context.account, context.now, context.random);
    api::ecs::Task echoed;
    echoed.overrides = in.overrides;
    echoed.enable_execute_command = in.enable_execute_command.value_or(false);
    task.document = api::to_document(echoed);
    task.tags = read_tags(in.tags);
    started.push_back(render_task(context, task, true));
    context.state.tasks.put(std::move(task));
  }
  return out;
}

Result<op::StopTask::Output> stop_task(Context& context, const op::StopTask::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  const model::Task* task = find_task(context, *cluster, in.task.value_or(""));
  if (!task) return fail("InvalidParameterException", "The referenced task was not found.");
  const std::string id = task->id;
  if (task->wanted()) {
    context.state.tasks.update(id, [&](model::Task& record) {
      record.desired_status = "STOPPED";
      record.stop_code = "UserInitiated";
      record.stopped_reason = in.reason.value_or("Task stopped by user");
      ++record.version;
    });
  }
  op::StopTask::Output out;
  out.task = render_task(context, *context.state.tasks.find(id), true);
  return out;
}

Result<op::DescribeTasks::Output> describe_tasks(Context& context, const op::DescribeTasks::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  const auto names = in.tasks.value_or(std::vector<std::string>());
  if (names.empty()) return fail("InvalidParameterException", "Tasks cannot be empty.");
  if (names.size() > 100) return fail("InvalidParameterException", "At most 100 tasks can be described in one call.");
  op::DescribeTasks::Output out;
  auto& tasks = out.tasks.emplace();
  auto& failures = out.failures.emplace();
  for (const std::string& name : names) {
    if (const model::Task* task = find_task(context, *cluster, name)) {
      tasks.push_back(render_task(context, *task, asks_for_tags(in.include)));
    } else {
      failures.push_back(
          {.arn = make_arn(context.account, "ecs", "task/" + cluster->name + "/" + std::string(short_name(name))),
           .reason = "MISSING"});
    }
  }
  return out;
}

Result<op::ListTasks::Output> list_tasks(Context& context, const op::ListTasks::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  if (in.service_name) TRY_VOID(find_service(context, *cluster, *in.service_name));
  op::ListTasks::Output out;
  auto& arns = out.task_arns.emplace();
  Page page(in.next_token, static_cast<std::size_t>(in.max_results.value_or(100)));
  for (const std::string& id : context.state.tasks_by_cluster.keys(cluster->name)) {
    const model::Task& task = *context.state.tasks.find(id);
    if (listed(in, task) && page.take(id)) arns.push_back(task.arn);
  }
  out.next_token = page.next_token();
  return out;
}

Result<op::UpdateTaskProtection::Output> update_task_protection(Context& context,
                                                                const op::UpdateTaskProtection::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  const int expires = in.expires_in_minutes.value_or(120);
  if (expires < 1 || expires > 2880) {
    return fail("InvalidParameterException", "expiresInMinutes must be between 1 and 2880.");
  }
  op::UpdateTaskProtection::Output out;
  auto& protected_tasks = out.protected_tasks.emplace();
  auto& failures = out.failures.emplace();
  for (const std::string& name : in.tasks.value_or(std::vector<std::string>())) {
    const model::Task* task = find_task(context, *cluster, name);
    if (!task || task->service.empty() || !task->wanted()) {
      failures.push_back({.arn = name, .reason = !task ? "MISSING" : "TASK_NOT_VALID"});
      continue;
    }
    const std::string id = task->id;
    const bool enabled = in.protection_enabled.value_or(false);
    context.state.tasks.update(id, [&](model::Task& record) {
      record.protected_until.reset();
      if (enabled) record.protected_until = context.now + minutes(expires);
    });
    auto& shown = protected_tasks.emplace_back();
    shown.task_arn = context.state.tasks.find(id)->arn;
    shown.protection_enabled = enabled;
    if (enabled) shown.expiration_date = timestamp(context.now + minutes(expires));
  }
  return out;
}

Result<op::GetTaskProtection::Output> get_task_protection(Context& context, const op::GetTaskProtection::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  op::GetTaskProtection::Output out;
  auto& protected_tasks = out.protected_tasks.emplace();
  auto& failures = out.failures.emplace();
  for (const std::string& name : in.tasks.value_or(std::vector<std::string>())) {
    const model::Task* task = find_task(context, *cluster, name);
    if (!task) {
      failures.push_back({.arn = name, .reason = "MISSING"});
      continue;
    }
    auto& shown = protected_tasks.emplace_back();
    shown.task_arn = task->arn;
    shown.protection_enabled = task->protected_until && *task->protected_until > context.now;
    if (*shown.protection_enabled) shown.expiration_date = timestamp(*task->protected_until);
  }
  return out;
}

}  // namespace services::ecs

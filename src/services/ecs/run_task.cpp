// RunTask: a task's failure to be placed is part of the answer, so it is placed in the same call.
#include <map>

#include "api/document.h"
#include "control/capacity/capacity_strategy.h"
#include "control/placement/placement.h"
#include "control/tasks/new_task.h"
#include "control/tasks/task_tags.h"
#include "services/client_token.h"
#include "services/ecs/capacity_strategy.h"
#include "services/ecs/fargate.h"
#include "services/ecs/handlers.h"
#include "services/ecs/lookup.h"
#include "services/ecs/network.h"
#include "services/ecs/render.h"
#include "services/ecs/service_settings.h"
#include "services/ecs/tags.h"

namespace services::ecs {

namespace {

std::vector<control::NodeView> node_views(const Context& context, const std::string& cluster) {
  std::vector<control::NodeView> views;
  for (const std::string& id : context.state.container_instances_by_cluster.keys(cluster)) {
    views.push_back(
        control::make_node_view(*context.state.container_instances.find(id), context.state.node_uses.of(id)));
  }
  return views;
}

Result<void> refuse_unserved_run(const op::RunTask::Input& in) {
  const auto refuse = [](const char* what) {
    return fail("UnsupportedFeatureException", std::string("This engine does not serve ") + what + " yet.");
  };
  const std::string launch_type = in.launch_type.value_or("EC2");
  if (launch_type != "EC2" && launch_type != "FARGATE") return refuse("launch types other than EC2 and FARGATE");
  if (!in.overrides) return {};
  if (in.overrides->container_overrides && !in.overrides->container_overrides->empty())
    return refuse("containerOverrides");
  if (in.overrides->cpu || in.overrides->memory || in.overrides->ephemeral_storage) {
    return refuse("overrides of cpu, memory and ephemeralStorage");
  }
  return {};
}

/// A RunTask as it was read; the tasks it starts go by it.
struct Run {
  const op::RunTask::Input& in;
  const model::Cluster& cluster;
  const model::TaskDefinition& definition;
  control::PlacementRequest request;
  std::vector<model::CapacityShare> strategy;
  bool serverless = false;
  std::optional<model::NetworkConfiguration> network = {};  ///< of mode awsvpc
  control::Subnets subnets = {};
  model::Tags tags = {};
  std::optional<RequestMark> mark = {};  ///< of a clientToken
};

Result<model::Tags> read_run_tags(const op::RunTask::Input& in, const model::Cluster& cluster,
                                  const model::TaskDefinition& definition) {
  const std::string propagate = in.propagate_tags.value_or("NONE");
  if (propagate == "SERVICE") {
    return fail("InvalidParameterException",
                "Tags cannot be propagated from a service to a task that is run by hand: propagateTags must be "
                "TASK_DEFINITION or NONE.");
  }
  control::TaskTags wanted{.managed = in.enable_ecs_managed_tags.value_or(false), .cluster = cluster.name};
  TRY(wanted.own, read_tags(in.tags));
  if (propagate == "TASK_DEFINITION") wanted.propagated = &definition.tags;
  return control::task_tags(wanted);
}

/// Of a marked request: the digests, its number among the request's tasks, and chance.
std::string task_id(Context& context, const Run& run, std::size_t number) {
  constexpr std::size_t kDigits = 32;
  if (!run.mark) return context.random.hex(kDigits);
  const std::string begin = run.mark->text() + std::to_string(number % 10);
  return begin + context.random.hex(kDigits - begin.size());
}

/// The tasks that the same request has started, as they are now. They say it in their ids as long as they are kept.
Result<op::RunTask::Output> started_before(const Context& context, const RequestMark& mark) {
  op::RunTask::Output out;
  auto& tasks = out.tasks.emplace();
  out.failures.emplace();
  bool same = true;
  std::string arns;
  for (const auto& [id, task] : context.state.tasks.range(mark.token)) {
    same = same && id.starts_with(mark.text());
    arns += " " + task.arn;
    tasks.push_back(render_task(context, task, true));
  }
  if (same) return out;
  return fail("ConflictException",
              "The clientToken was used for a request with other parameters, which started these tasks:" + arns);
}

Result<Run> read_run(const Context& context, const op::RunTask::Input& in, const model::Cluster& cluster) {
  TRY(const model::TaskDefinition* definition, usable_task_definition(context, in.task_definition.value_or("")));
  TRY(auto constraints,
      read_constraints(in.placement_constraints.value_or(std::vector<api::ecs::PlacementConstraint>())));
  TRY(auto strategies, read_strategies(in.placement_strategy.value_or(std::vector<api::ecs::PlacementStrategy>())));
  const std::string group = in.group.value_or("family:" + definition->family);
  if (group.starts_with("service:")) {
    return fail("InvalidParameterException", "Invalid namespace for group: 'service:' is kept for services.");
  }
  TRY(const auto strategy,
      strategy_for(cluster,
                   in.capacity_provider_strategy.value_or(std::vector<api::ecs::CapacityProviderStrategyItem>()),
                   in.launch_type.has_value()));
  Run run{in, cluster, *definition, control::placement_request(group, *definition, constraints, strategies), strategy};
  run.serverless = model::runs_on_fargate(in.launch_type.value_or("EC2"), strategy);
  if (run.serverless) {
    TRY_VOID(check_fargate_launch(
        {.definition = *definition, .constraints = !constraints.empty(), .strategies = !strategies.empty()}));
  }
  if (!strategy.empty() &&
      (!constraints.empty() || !strategies.empty())) {  // a task that waits would have to keep them
    return fail(
        "UnsupportedFeatureException",
        "This engine does not serve placementConstraints and placementStrategy of RunTask together with a capacity "
        "provider strategy. Put constraints into the task definition.");
  }
  TRY(const auto network, read_network(context, in.network_configuration, *definition, run.serverless));
  TRY_VOID(read_platform_version(in.platform_version, run.serverless));
  TRY(run.tags, read_run_tags(in, cluster, *definition));
  run.mark = request_mark(in);
  if (definition->network_mode == "awsvpc") {
    run.network = network;
    run.subnets = subnets_of(context, network);
    run.request.constraints.push_back(control::confinement(run.subnets));
  }
  return run;
}

/// Where a task goes, and why it may not.
struct Place {
  const model::ContainerInstance* node = nullptr;  ///< null: it waits for one, or needs none
  const model::Subnet* subnet = nullptr;           ///< null: it waits, or has no interface
};

Result<void> start_task(Context& context, const Run& run, const Place& place, const std::string& provider,
                        op::RunTask::Output& out) {
  std::string address;
  if (place.subnet) {
    const auto taken = context.state.task_addresses.take(context.addresses);
    if (!taken) return fail("RESOURCE:ENI", "");
    address = *taken;
  }
  const auto use = context.state.node_uses.of(place.node ? place.node->id : "");
  model::Task task = control::make_task({.id = task_id(context, run, out.tasks->size()),
                                         .definition = run.definition,
                                         .node = place.node,
                                         .cluster = run.cluster.name,
                                         .group = run.request.group,
                                         .started_by = run.in.started_by.value_or(""),
                                         .launch_type = run.serverless ? "FARGATE" : "EC2",
                                         .capacity_provider = provider,
                                         .port_used = [&](int port) { return use->host_ports.contains(port); },
                                         .network = run.network,
                                         .subnet = place.subnet,
                                         .address = address},
                                        context.account, context.now, context.random);
  api::ecs::Task echoed;
  echoed.overrides = run.in.overrides;
  echoed.enable_execute_command = false;  // asked for or not: nobody can enter it
  task.document = api::to_document(echoed);
  task.tags = run.tags;
  out.tasks->push_back(render_task(context, task, true));
  context.state.tasks.put(std::move(task));
  return {};
}

void run_on_fargate(Context& context, const Run& run, int count, op::RunTask::Output& out) {
  std::map<std::string, int> by_provider, by_zone;
  for (int i = 0; i < count; ++i) {
    const std::string provider = run.strategy.empty() ? "" : control::choose_provider(run.strategy, by_provider);
    const model::Subnet* subnet = control::least_used(run.subnets, by_zone);
    ++by_provider[provider];
    ++by_zone[subnet->availability_zone];
    if (start_task(context, run, {.subnet = subnet}, provider, out)) continue;
    out.failures->push_back({.reason = "Capacity is unavailable at this time. Please try again later or in a different "
                                       "availability zone."});
  }
}

void run_on_nodes(Context& context, Run& run, int count, op::RunTask::Output& out) {
  std::vector<control::NodeView> nodes = node_views(context, run.cluster.name);
  control::Placer placer(run.request, nodes, context.random);
  std::map<std::string, int> by_provider;
  for (int i = 0; i < count; ++i) {
    std::string& provider = run.request.capacity_provider;
    provider = run.strategy.empty() ? "" : control::choose_provider(run.strategy, by_provider);
    ++by_provider[provider];
    const auto placed = run.strategy.empty() ? placer.place() : control::place(run.request, nodes, context.random);
    const bool waits = !placed && !run.strategy.empty();
    if (waits && context.state.waiting_tasks_by_cluster.keys(run.cluster.name).size() >= control::kMostWaitingTasks) {
      out.failures->push_back({.reason = "The tasks provisioning capacity limit was exceeded."});
      continue;
    }
    Place place;
    std::string instance, reason;
    if (placed) {
      place.node = nodes[*placed].instance;
      if (run.network) place.subnet = control::subnet_in(run.subnets, place.node->availability_zone);
      instance = place.node->id;
    } else if (!waits) {
      instance = placed.error().container_instance;
      reason = placed.error().code;
    }
    if (reason.empty()) {
      const auto started = start_task(context, run, place, provider, out);
      if (started) continue;
      reason = started.error().code;
    }
    auto& failure = out.failures->emplace_back();
    failure.reason = reason;
    if (instance.empty()) continue;
    failure.arn = make_arn(context.account, "ecs", "container-instance/" + run.cluster.name + "/" + instance);
  }
}

}  // namespace

Result<op::RunTask::Output> run_task(Context& context, const op::RunTask::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  TRY_VOID(refuse_unserved_run(in));
  if (const auto mark = request_mark(in)) {
    TRY(op::RunTask::Output before, started_before(context, *mark));
    if (!before.tasks->empty()) return before;
  }
  const int count = in.count.value_or(1);
  if (count < 1 || count > 10) return fail("InvalidParameterException", "count must be between 1 and 10.");
  TRY(Run run, read_run(context, in, *cluster));
  if (!run.serverless && run.strategy.empty() &&
      context.state.container_instances_by_cluster.keys(cluster->name).empty()) {
    return fail("InvalidParameterException", "No Container Instances were found in your cluster.");
  }
  op::RunTask::Output out;
  out.tasks.emplace();
  out.failures.emplace();
  if (run.serverless) {
    run_on_fargate(context, run, count, out);
  } else {
    run_on_nodes(context, run, count, out);
  }
  return out;
}

}  // namespace services::ecs

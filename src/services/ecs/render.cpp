#include "services/ecs/render.h"

#include <algorithm>
#include <utility>

#include "api/document.h"
#include "services/ecs/capacity_strategy.h"
#include "services/ecs/fargate.h"
#include "services/ecs/network.h"

namespace services::ecs {

namespace {

std::optional<api::Timestamp> timestamp_if(const std::optional<Instant>& at) {
  if (!at) return std::nullopt;
  return timestamp(*at);
}

std::optional<std::string> text_if(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

api::ecs::Deployment render_deployment(const Context& context, const model::Service& service,
                                       const model::Deployment& deployment, const api::ecs::Service& echoed) {
  const TaskCounts counts = count_tasks(context, context.state.tasks_by_service.keys(service.key()), deployment.id);
  api::ecs::Deployment out;
  out.id = deployment.id;
  out.status = deployment.status;
  out.task_definition = deployment.task_definition_arn;
  out.desired_count = deployment.desired_count;
  out.pending_count = counts.pending;
  out.running_count = counts.running;
  out.failed_tasks = deployment.failed_tasks;
  out.created_at = timestamp(deployment.created_at);
  out.updated_at = timestamp(deployment.updated_at);
  if (deployment.capacity_strategy.empty()) {
    out.launch_type = deployment.launch_type;
  } else {
    out.capacity_provider_strategy = render_strategy(deployment.capacity_strategy);
  }
  if (model::runs_on_fargate(deployment.launch_type, deployment.capacity_strategy)) {
    out.platform_version = kPlatformVersion;
    out.platform_family = kPlatformFamily;
  }
  out.network_configuration = echoed.network_configuration;  // of an older engine
  if (!deployment.network.subnets.empty()) out.network_configuration = render_network(deployment.network);
  out.rollout_state = deployment.rollout_state;
  out.rollout_state_reason = deployment.rollout_reason;
  return out;
}

std::vector<api::ecs::ServiceEvent> render_events(const Context& context, const model::Service& service) {
  std::vector<api::ecs::ServiceEvent> events;
  for (const auto& [key, event] : context.state.service_events.range(service.key() + "#")) {
    events.push_back({.id = event.id, .created_at = timestamp(event.at), .message = event.message});
  }
  std::reverse(events.begin(), events.end());
  return events;
}

api::ecs::DeploymentConfiguration render_deployment_configuration(const model::Service& service) {
  const model::DeploymentConfiguration& configuration = service.deployment_configuration;
  api::ecs::DeploymentConfiguration out;
  if (service.scheduling_strategy == "REPLICA") {
    auto& breaker = out.deployment_circuit_breaker.emplace();
    breaker.enable = configuration.circuit_breaker.enable;
    breaker.rollback = configuration.circuit_breaker.rollback;
  }
  out.maximum_percent = configuration.maximum_percent;
  out.minimum_healthy_percent = configuration.minimum_healthy_percent;
  out.strategy = configuration.strategy;
  out.bake_time_in_minutes = 0;
  return out;
}

api::ecs::Container render_container(const model::Task& task, const model::Container& container,
                                     const model::ContainerDefinition* definition, const Account& account) {
  api::ecs::Container out;
  out.container_arn = make_arn(account, "ecs", "container/" + task.cluster + "/" + task.id + "/" + container.id);
  out.task_arn = task.arn;
  out.name = container.name;
  out.image = container.image;
  out.image_digest = text_if(container.image_digest);
  out.runtime_id = text_if(container.runtime_id);
  out.last_status = container.last_status;
  out.exit_code = container.exit_code;
  out.reason = text_if(container.reason);
  auto& bindings = out.network_bindings.emplace();
  auto& interfaces = out.network_interfaces.emplace();
  if (task.network_interface) {
    if (task.last_status != "PROVISIONING") {
      interfaces.push_back({.attachment_id = task.network_interface->attachment_id,
                            .private_ipv4_address = task.network_interface->address});
    }
  } else if (task.started_at) {  // AWS shows them once the task runs
    for (const model::NetworkBinding& binding : container.network_bindings) {
      bindings.push_back({.bind_ip = "0.0.0.0",
                          .container_port = binding.container_port,
                          .host_port = binding.host_port,
                          .protocol = binding.protocol});
    }
  }
  out.health_status = container.health_status;
  if (definition) {
    out.cpu = std::to_string(definition->cpu.value);
    if (definition->memory) out.memory = std::to_string(definition->memory->value);
    if (definition->memory_reservation) out.memory_reservation = std::to_string(definition->memory_reservation->value);
  }
  return out;
}

api::ecs::Resource integer_resource(const char* name, std::int64_t value) {
  return {.name = name,
          .type = "INTEGER",
          .double_value = 0.0,
          .long_value = 0,
          .integer_value = static_cast<std::int32_t>(value)};
}

api::ecs::Resource ports_resource(const char* name, std::vector<std::string> ports) {
  return {.name = name,
          .type = "STRINGSET",
          .double_value = 0.0,
          .long_value = 0,
          .integer_value = 0,
          .string_set_value = std::move(ports)};
}

std::vector<api::ecs::KeyValuePair> render_statistics(const Context& context, const std::string& cluster) {
  struct Counts {
    int running = 0, pending = 0, services = 0;
  } nodes, fargate;
  for (const std::string& id : context.state.tasks_by_cluster.keys(cluster)) {
    const model::Task& task = *context.state.tasks.find(id);
    if (!task.wanted() || task.stopped()) continue;
    Counts& counts = task.serverless() ? fargate : nodes;
    ++(task.last_status == "RUNNING" ? counts.running : counts.pending);
  }
  for (const std::string& key : context.state.services_by_cluster.keys(cluster)) {
    const model::Service& service = *context.state.services.find(key);
    if (service.status == "ACTIVE") ++(service.serverless() ? fargate : nodes).services;
  }
  return {{.name = "runningEC2TasksCount", .value = std::to_string(nodes.running)},
          {.name = "runningFargateTasksCount", .value = std::to_string(fargate.running)},
          {.name = "pendingEC2TasksCount", .value = std::to_string(nodes.pending)},
          {.name = "pendingFargateTasksCount", .value = std::to_string(fargate.pending)},
          {.name = "activeEC2ServiceCount", .value = std::to_string(nodes.services)},
          {.name = "activeFargateServiceCount", .value = std::to_string(fargate.services)}};
}

}  // namespace

api::Timestamp timestamp(Instant at) { return {to_ms(at)}; }

std::vector<api::ecs::Tag> render_tags(const model::Tags& tags) {
  std::vector<api::ecs::Tag> out;
  for (const model::Tag& tag : tags) out.push_back({.key = tag.key, .value = tag.value});
  return out;
}

bool asks_for_tags(const std::optional<std::vector<std::string>>& include) {
  return include && std::find(include->begin(), include->end(), "TAGS") != include->end();
}

TaskCounts count_tasks(const Context& context, const std::set<std::string>& task_ids,
                       const std::string& deployment_id) {
  TaskCounts counts;
  for (const std::string& id : task_ids) {
    const model::Task* task = context.state.tasks.find(id);
    if (!task || !task->wanted()) continue;
    if (!deployment_id.empty() && task->deployment_id != deployment_id) continue;
    if (task->last_status == "RUNNING") {
      ++counts.running;
    } else if (!task->stopped()) {
      ++counts.pending;
    }
  }
  return counts;
}

api::ecs::Cluster render_cluster(const Context& context, const model::Cluster& cluster, const ClusterDetail& detail) {
  const auto echoed = api::from_document<api::ecs::Cluster>(cluster.document);
  api::ecs::Cluster out;
  out.cluster_arn = cluster.arn;
  out.cluster_name = cluster.name;
  out.status = cluster.status;
  out.registered_container_instances_count =
      static_cast<int>(context.state.container_instances_by_cluster.keys(cluster.name).size());
  const TaskCounts counts = count_tasks(context, context.state.tasks_by_cluster.keys(cluster.name));
  out.running_tasks_count = counts.running;
  out.pending_tasks_count = counts.pending;
  int services = 0;
  for (const std::string& key : context.state.services_by_cluster.keys(cluster.name)) {
    if (context.state.services.find(key)->status == "ACTIVE") ++services;
  }
  out.active_services_count = services;
  out.statistics.emplace();
  out.tags.emplace();
  out.settings.emplace();
  out.capacity_providers.emplace();
  out.default_capacity_provider_strategy.emplace();
  out.capacity_providers = cluster.capacity_providers;
  out.default_capacity_provider_strategy = render_strategy(cluster.default_strategy);
  if (detail.attachments) {
    for (const std::string& name : cluster.capacity_providers) {
      const auto* provider = context.state.capacity_providers.find(name);
      if (!provider || provider->attachment_id.empty()) continue;
      if (!out.attachments) out.attachments.emplace();
      out.attachments->push_back(render_attachment(context, *provider));
      out.attachments_status = "UPDATE_COMPLETE";
    }
  }
  if (detail.tags) out.tags = render_tags(cluster.tags);
  if (detail.configurations && echoed.configuration) out.configuration = echoed.configuration;
  if (echoed.service_connect_defaults) out.service_connect_defaults = echoed.service_connect_defaults;
  if (detail.settings) {
    out.settings = echoed.settings;
    if (!out.settings || out.settings->empty()) {
      out.settings.emplace().push_back({.name = "containerInsights", .value = "disabled"});
    }
  }
  if (detail.statistics) out.statistics = render_statistics(context, cluster.name);
  return out;
}

api::ecs::Service render_service(const Context& context, const model::Service& service, bool with_tags) {
  const auto echoed = api::from_document<api::ecs::Service>(service.document);
  api::ecs::Service out = echoed;
  out.service_arn = service.arn;
  out.service_name = service.name;
  out.cluster_arn = make_arn(context.account, "ecs", "cluster/" + service.cluster);
  auto& balancers = out.load_balancers.emplace();
  for (const model::TargetGroupBinding& binding : service.load_balancers) {
    balancers.push_back({.target_group_arn = binding.target_group_arn,
                         .container_name = binding.container_name,
                         .container_port = binding.container_port});
  }
  if (!out.service_registries) out.service_registries.emplace();
  out.status = service.status;
  out.desired_count = service.desired_count;
  const TaskCounts counts = count_tasks(context, context.state.tasks_by_service.keys(service.key()));
  out.running_count = counts.running;
  out.pending_count = counts.pending;
  if (service.serverless()) out.platform_family = kPlatformFamily;
  if (!service.network.subnets.empty()) out.network_configuration = render_network(service.network);
  if (service.capacity_strategy.empty()) {
    out.launch_type = service.launch_type;
  } else {
    out.capacity_provider_strategy = render_strategy(service.capacity_strategy);
  }
  out.task_definition = service.task_definition_arn;
  const auto kept = std::exchange(out.deployment_configuration, render_deployment_configuration(service));
  if (kept) out.deployment_configuration->alarms = kept->alarms;
  auto& deployments = out.deployments.emplace();
  for (const model::Deployment& deployment : service.deployments) {
    deployments.push_back(render_deployment(context, service, deployment, echoed));
  }
  out.events = render_events(context, service);
  out.created_at = timestamp(service.created_at);
  auto& constraints = out.placement_constraints.emplace();
  for (const model::PlacementConstraint& constraint : service.placement_constraints) {
    auto& added = constraints.emplace_back();
    added.type = constraint.type;
    if (!constraint.expression.empty()) added.expression = constraint.expression;
  }
  auto& strategies = out.placement_strategy.emplace();
  for (const model::PlacementStrategy& strategy : service.placement_strategies) {
    auto& added = strategies.emplace_back();
    added.type = strategy.type;
    if (!strategy.field.empty()) added.field = strategy.field;
  }
  if (!service.load_balancers.empty() || service.health_check_grace_period > 0) {
    out.health_check_grace_period_seconds = service.health_check_grace_period;
  }
  out.scheduling_strategy = service.scheduling_strategy;
  if (with_tags && !service.tags.empty()) out.tags = render_tags(service.tags);
  return out;
}

api::ecs::Task render_task(const Context& context, const model::Task& task, bool with_tags) {
  api::ecs::Task out = api::from_document<api::ecs::Task>(task.document);
  const model::TaskDefinition* definition =
      context.state.task_definitions.find(model::TaskDefinition::key_of(task.task_definition_arn));
  auto& attachments = out.attachments.emplace();
  if (task.network_interface) attachments.push_back(render_interface(context, task));
  out.attributes.emplace().push_back({.name = "ecs.cpu-architecture", .value = "x86_64"});
  out.availability_zone = text_if(task.availability_zone);
  out.cluster_arn = make_arn(context.account, "ecs", "cluster/" + task.cluster);
  if (task.started_at) {
    out.connectivity = "CONNECTED";
    out.connectivity_at = timestamp(task.created_at);
  }
  if (!task.container_instance.empty()) {
    out.container_instance_arn =
        make_arn(context.account, "ecs", "container-instance/" + task.cluster + "/" + task.container_instance);
  }
  auto& containers = out.containers.emplace();
  for (const model::Container& container : task.containers) {
    const model::ContainerDefinition* found = nullptr;
    if (definition) {
      for (const auto& candidate : definition->containers) {
        if (candidate.name == container.name) found = &candidate;
      }
    }
    containers.push_back(render_container(task, container, found, context.account));
  }
  out.cpu = std::to_string(task.cpu.value);
  out.memory = std::to_string(task.memory.value);
  out.created_at = timestamp(task.created_at);
  out.desired_status = task.desired_status;
  if (!out.enable_execute_command) out.enable_execute_command = false;
  out.execution_stopped_at = timestamp_if(task.execution_stopped_at);
  out.group = text_if(task.group);
  out.health_status = task.health_status;
  out.last_status = task.last_status;
  out.launch_type = task.launch_type;
  if (task.serverless()) {
    out.platform_version = kPlatformVersion;
    out.platform_family = kPlatformFamily;
    out.ephemeral_storage.emplace().size_in_gi_b = kEphemeralStorage;
    if (definition) {
      const auto shown = api::from_document<api::ecs::TaskDefinition>(definition->document);
      if (shown.ephemeral_storage) out.ephemeral_storage = shown.ephemeral_storage;
    }
  }
  out.capacity_provider_name = text_if(task.capacity_provider);
  if (!out.overrides) out.overrides.emplace().container_overrides.emplace();
  out.pull_started_at = timestamp_if(task.pull_started_at);
  out.pull_stopped_at = timestamp_if(task.pull_stopped_at);
  out.started_at = timestamp_if(task.started_at);
  out.started_by = text_if(task.started_by);
  out.stop_code = text_if(task.stop_code);
  out.stopped_at = timestamp_if(task.stopped_at);
  out.stopped_reason = text_if(task.stopped_reason);
  out.stopping_at = timestamp_if(task.stopping_at);
  out.tags = with_tags ? render_tags(task.tags) : std::vector<api::ecs::Tag>();
  out.task_arn = task.arn;
  out.task_definition_arn = task.task_definition_arn;
  out.version = task.version;
  return out;
}

api::ecs::TaskDefinition render_task_definition(const model::TaskDefinition& definition) {
  auto out = api::from_document<api::ecs::TaskDefinition>(definition.document);
  out.status = definition.status;
  out.deregistered_at = timestamp_if(definition.deregistered_at);
  return out;
}

api::ecs::ContainerInstance render_container_instance(const Context& context, const model::ContainerInstance& instance,
                                                      bool with_tags) {
  CpuUnits cpu = instance.cpu;
  MiB memory = instance.memory;
  std::vector<std::string> ports = {"22", "2375", "2376", "51678", "51679"};
  const std::vector<std::string> registered_ports = ports;
  int running = 0, pending = 0;
  for (const std::string& id : context.state.tasks_by_container_instance.keys(instance.id)) {
    const model::Task* task = context.state.tasks.find(id);
    if (!task || task->stopped()) continue;
    cpu -= task->cpu;
    memory -= task->memory;
    for (const int port : task->static_host_ports) ports.push_back(std::to_string(port));
    if (task->wanted()) ++(task->last_status == "RUNNING" ? running : pending);
  }
  api::ecs::ContainerInstance out;
  out.container_instance_arn = instance.arn;
  out.ec2_instance_id = instance.instance_id;
  out.capacity_provider_name = text_if(instance.capacity_provider);
  out.version = instance.version;
  out.version_info = {.agent_version = "1.89.3", .agent_hash = "0000000", .docker_version = "DockerVersion: 25.0.6"};
  out.remaining_resources = {integer_resource("CPU", cpu.value), integer_resource("MEMORY", memory.value),
                             ports_resource("PORTS", std::move(ports)), ports_resource("PORTS_UDP", {})};
  out.registered_resources = {integer_resource("CPU", instance.cpu.value),
                              integer_resource("MEMORY", instance.memory.value),
                              ports_resource("PORTS", registered_ports), ports_resource("PORTS_UDP", {})};
  out.status = instance.status;
  out.status_reason = text_if(instance.status_reason);
  out.agent_connected = instance.agent_connected;
  out.running_tasks_count = running;
  out.pending_tasks_count = pending;
  auto& attributes = out.attributes.emplace();
  for (const auto& [name, value] : instance.attributes) {
    auto& attribute = attributes.emplace_back();
    attribute.name = name;
    if (!value.empty()) attribute.value = value;
  }
  out.registered_at = timestamp(instance.registered_at);
  out.attachments.emplace();
  out.tags = with_tags ? render_tags(instance.tags) : std::vector<api::ecs::Tag>();
  return out;
}

}  // namespace services::ecs

// ECS capacity providers: tasks that wait get the nodes that come, and each minute what the nodes are needed for becomes
// CapacityProviderReservation (control/capacity/reservation.h).
#include <map>

#include "control/capacity/reservation.h"
#include "control/tasks/interface.h"
#include "control/tasks/new_task.h"
#include "control/tasks/waiting.h"
#include "engine/cluster_nodes.h"
#include "engine/engine.h"
#include "model/instance_type.h"

namespace engine {

namespace {

const model::CapacityProvider* provider_of_group(const state::State& state, const std::string& group) {
  if (group.empty()) return nullptr;
  for (const auto& [name, provider] : state.capacity_providers.all()) {
    if (provider.group == group && provider.status == "ACTIVE") return &provider;
  }
  return nullptr;
}

/// The type that a group launches; null when its template is gone.
const model::InstanceType* type_of(const state::State& state, const model::AutoScalingGroup& group) {
  const model::LaunchTemplate* launch = state.launch_templates.find(group.launch_template_id);
  const model::LaunchTemplateVersion* version = launch ? launch->version(group.launch_template_version) : nullptr;
  return version ? model::find_instance_type(version->instance_type) : nullptr;
}

}  // namespace

/// Of the cluster that it is in.
std::string Engine::capacity_provider_of(const model::Instance& instance, const std::string& cluster) const {
  const model::CapacityProvider* provider = provider_of_group(state_, instance.group);
  return provider && provider->cluster == cluster ? provider->name : std::string();
}

control::PlacementRequest Engine::request_of(const model::Task& task, const model::TaskDefinition& definition) const {
  control::PlacementRequest request;
  if (const model::Service* service = state_.services.find(task.service_key())) {
    request = control::placement_request(task.group, definition, service->placement_constraints,
                                         service->placement_strategies);
    for (const model::Deployment& deployment : service->deployments) {
      if (deployment.id != task.deployment_id || deployment.status == "PRIMARY") continue;
      request = control::placement_request(task.group, definition, deployment.placement_constraints,
                                           deployment.placement_strategies);
    }
  } else {
    request = control::placement_request(task.group, definition, {}, {});
  }
  request.capacity_provider = task.capacity_provider;
  if (const control::Subnets subnets = wanted_subnets(task); !subnets.empty()) {
    request.constraints.push_back(control::confinement(subnets));
  }
  return request;
}

/// Where a waiting task of mode awsvpc may have its interface.
control::Subnets Engine::wanted_subnets(const model::Task& task) const {
  control::Subnets subnets;
  if (!task.wanted_network) return subnets;
  for (const std::string& id : task.wanted_network->subnets) {
    if (const model::Subnet* subnet = state_.subnets.find(id)) subnets.push_back(subnet);
  }
  return subnets;
}

void Engine::place_waiting(const std::string& cluster, ClusterNodes& nodes) {
  std::vector<control::WaitingTask> waiting;
  for (const std::string& id : state_.waiting_tasks_by_cluster.keys(cluster)) {
    const model::Task* task = state_.tasks.find(id);
    const model::TaskDefinition* definition = definition_of(*task);
    if (task->wanted() && definition) waiting.push_back({task, request_of(*task, *definition)});
  }
  if (waiting.empty()) return;
  for (const control::Assignment& placed : control::place_waiting(std::move(waiting), nodes.of(cluster), random_)) {
    const auto use = state_.node_uses.of(placed.node->id);
    const model::Task& waiting_task = *state_.tasks.find(placed.task_id);
    const model::TaskDefinition& definition = *definition_of(waiting_task);
    const std::optional<model::NetworkConfiguration> network = waiting_task.wanted_network;
    const control::Subnets subnets = wanted_subnets(waiting_task);
    const model::Subnet* subnet = control::subnet_in(subnets, placed.node->availability_zone);
    std::optional<std::string> address;
    if (network && (!subnet || !(address = state_.task_addresses.take(settings_.addresses)))) continue;  // it waits on
    state_.tasks.update(placed.task_id, [&](model::Task& task) {
      control::assign_node(task, definition, *placed.node, [&](int port) { return use->host_ports.contains(port); }, random_);
      if (network) control::attach_interface(task, definition, {*network, *subnet, *address}, random_);
      ++task.version;
    });
    nodes.renew(cluster, *placed.node);
  }
}

control::Reservation Engine::reservation_of(const model::CapacityProvider& provider) const {
  control::ReservationView view;
  view.minimum_step = provider.minimum_step;
  view.maximum_step = provider.maximum_step;
  if (const model::AutoScalingGroup* group = state_.auto_scaling_groups.find(provider.group)) {
    if (const model::InstanceType* type = type_of(state_, *group)) {
      const control::TaskNeeds reserved = daemons_of_each_node(provider.cluster);
      view.cpu = CpuUnits{type->vcpus * 1024} - reserved.cpu;
      view.memory = type->registered - reserved.memory;
    }
  }
  for (const std::string& id : state_.instances_by_group.keys(provider.group)) {
    if (state_.instances.find(id)->lifecycle_state != "InService") continue;
    ++view.instances;
    view.used += serves(id);
  }
  std::map<std::pair<std::string, std::string>, control::WaitingTasks> kinds;
  for (const std::string& id : state_.waiting_tasks_by_cluster.keys(provider.cluster)) {
    const model::Task* task = state_.tasks.find(id);
    const model::TaskDefinition* definition = definition_of(*task);
    if (task->capacity_provider != provider.name || !task->wanted() || !definition) continue;
    const control::PlacementRequest request = request_of(*task, *definition);
    control::WaitingTasks& kind = kinds[{task->group, task->task_definition_arn}];
    kind.needs = request.needs;
    ++kind.count;
    for (const model::PlacementConstraint& constraint : request.constraints) {
      kind.one_each = kind.one_each || constraint.type == "distinctInstance";
    }
  }
  for (auto& [key, kind] : kinds) view.waiting.push_back(std::move(kind));
  return control::reservation(view);
}

/// What DAEMON services are to take of a node before others do (sheet A4). Those that do not go to every node are left
/// out: the next minute sees what they took.
control::TaskNeeds Engine::daemons_of_each_node(const std::string& cluster) const {
  control::TaskNeeds sum;
  for (const std::string& key : state_.services_by_cluster.keys(cluster)) {
    const model::Service* service = state_.services.find(key);
    if (service->status != "ACTIVE" || service->scheduling_strategy != "DAEMON") continue;
    const auto* definition = state_.task_definitions.find(model::TaskDefinition::key_of(service->task_definition_arn));
    if (!definition || !service->placement_constraints.empty() || !definition->placement_constraints.empty()) continue;
    const control::TaskNeeds needs = control::task_needs(*definition);
    sum.cpu += needs.cpu;
    sum.memory += needs.memory;
  }
  return sum;
}

/// Whether a task that is not a DAEMON's is on this EC2 instance.
bool Engine::serves(const std::string& instance) const {
  for (const std::string& node : state_.container_instances_by_instance.keys(instance)) {
    for (const std::string& id : state_.tasks_by_container_instance.keys(node)) {
      const model::Task* task = state_.tasks.find(id);
      if (task->stopped()) continue;
      const model::Service* service = state_.services.find(task->service_key());
      if (!service || service->scheduling_strategy != "DAEMON") return true;
    }
  }
  return false;
}

/// Managed termination protection: what serves is protected, an empty instance may go.
void Engine::protect_instances(const model::CapacityProvider& provider) {
  if (!provider.managed_scaling || !provider.termination_protection) return;
  const std::set<std::string> ids = state_.instances_by_group.keys(provider.group);
  for (const std::string& id : ids) {
    const model::Instance* instance = state_.instances.find(id);
    if (instance->lifecycle_state != "InService") continue;
    const bool serving = serves(id);
    if (instance->protected_from_scale_in == serving) continue;
    state_.instances.update(id, [&](model::Instance& record) { record.protected_from_scale_in = serving; });
  }
}

/// Each minute: what providers reserve, and what groups tell of themselves where that is enabled.
void Engine::publish_capacity(MetricPublisher::Minute& minute) {
  for (const auto& [name, provider] : state_.capacity_providers.all()) {
    if (provider.status != "ACTIVE" || provider.cluster.empty() || !provider.managed_scaling) continue;
    minute.put("AWS/ECS/ManagedScaling", "CapacityProviderReservation",
               {{"CapacityProviderName", name}, {"ClusterName", provider.cluster}}, reservation_of(provider).percent, "");
    protect_instances(provider);
  }
  for (const auto& [name, group] : state_.auto_scaling_groups.all()) {
    if (group.enabled_metrics.empty()) continue;
    std::map<std::string, double> values{{"GroupMinSize", group.min_size},
                                         {"GroupMaxSize", group.max_size},
                                         {"GroupDesiredCapacity", group.desired_capacity}};
    for (const std::string& id : state_.instances_by_group.keys(name)) {
      const std::string& lifecycle = state_.instances.find(id)->lifecycle_state;
      values["GroupInServiceInstances"] += lifecycle == "InService";
      values["GroupPendingInstances"] += lifecycle.starts_with("Pending");
      values["GroupTerminatingInstances"] += lifecycle.starts_with("Terminating");
      values["GroupTotalInstances"] += lifecycle != "Terminated";
    }
    for (const std::string& metric : group.enabled_metrics) {
      minute.put("AWS/AutoScaling", metric, {{"AutoScalingGroupName", name}}, values[metric], "");
    }
  }
}

}  // namespace engine

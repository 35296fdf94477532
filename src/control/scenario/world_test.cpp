#include "control/scenario/world.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/deployment/service_events.h"
#include "control/deployment/service_pass.h"
#include "model/instance_type.h"

namespace control::testing {

World::World(std::uint64_t seed) : random(seed), start_(now) {
  model::Cluster cluster;
  cluster.name = "c";
  clusters["c"] = cluster;
}

void World::note(const std::string& line) {
  timeline.push_back(fmt::format("+{:<6} {}", fmt::format("{:.0f}s", static_cast<double>((now - start_).count()) / 1000),
                                 shorten(line)));
}

std::string World::alias(const std::string& id) {
  const auto found = aliases_.find(id);
  return found == aliases_.end() ? id : found->second;
}

std::string World::shorten(std::string text) {
  for (const auto& [id, name] : aliases_) {
    for (std::size_t at = text.find(id); at != std::string::npos; at = text.find(id, at + name.size())) {
      text.replace(at, id.size(), name);
    }
  }
  return text;
}

void World::add_nodes(int count, const std::string& type, const std::vector<std::string>& zones) {
  for (int i = 0; i < count; ++i) {
    const int number = ++nodes_made_;
    model::Instance instance;
    instance.id = fmt::format("i-{:017}", number);
    instance.instance_type = type;
    instance.state = "running";
    instance.availability_zone = zones[static_cast<std::size_t>(number - 1) % zones.size()];
    instance.address = fmt::format("127.1.0.{}", number);
    instance.launched_at = now;
    model::ContainerInstance node;
    node.id = fmt::format("{:032}", number);
    node.cluster = "c";
    node.instance_id = instance.id;
    node.availability_zone = instance.availability_zone;
    node.address = instance.address;
    node.cpu = {model::find_instance_type(type)->vcpus * 1024};
    node.memory = model::find_instance_type(type)->registered;
    node.attributes = {{"ecs.availability-zone", node.availability_zone}, {"ecs.instance-type", type}};
    node.registered_at = now;
    aliases_[node.id] = fmt::format("N{}", number);
    ids_[aliases_[node.id]] = node.id;
    instances[instance.id] = instance;
    nodes_by_id[node.id] = node;
  }
  node_changed();
}

void World::add_definition(const std::string& name, CpuUnits cpu, MiB memory, const Behaviour& behaves,
                           int static_port, bool container_check) {
  model::TaskDefinition definition;
  definition.family = name;
  definition.arn = "td/" + name;
  model::ContainerDefinition container{.name = "app", .cpu = cpu, .memory = memory};
  container.port_mappings.push_back({.container_port = 8080, .host_port = static_port});
  if (container_check) container.health_check = model::ContainerHealthCheck{};
  definition.containers.push_back(container);
  definitions[definition.arn] = definition;
  behaviour[definition.arn] = behaves;
}

model::Service& World::add_service(model::Service service, const std::string& definition, int target_groups) {
  service.cluster = "c";
  service.created_at = now;
  service.task_definition_arn = "td/" + definition;
  for (int i = 0; i < target_groups; ++i) {
    model::TargetGroup group;
    group.arn = fmt::format("tg/{}{}", service.name, i == 0 ? "" : std::to_string(i + 1));
    groups[group.arn] = group;
    service.load_balancers.push_back({group.arn, "app", 8080});
  }
  model::Service& stored = services[service.key()] = service;
  deploy(service.name, definition);
  return stored;
}

void World::deploy(const std::string& name, const std::string& definition) {
  model::Service& service = services.at("c/" + name);
  service.task_definition_arn = "td/" + definition;
  for (model::Deployment& old : service.deployments) old.status = "ACTIVE";
  model::Deployment deployment;
  deployment.id = fmt::format("ecs-svc/{}", next_deployment_++);
  deployment.task_definition_arn = service.task_definition_arn;
  deployment.created_at = deployment.updated_at = now;
  deployment.load_balancers = service.load_balancers;
  deployment.placement_constraints = service.placement_constraints;
  deployment.placement_strategies = service.placement_strategies;
  deployment.capacity_strategy = service.capacity_strategy;
  deployment.launch_type = service.launch_type;
  deployment.network = service.network;
  service.deployments.insert(service.deployments.begin(), deployment);
  dirty_services_.insert(service.key());
}

void World::set_desired(const std::string& name, int desired) {
  services.at("c/" + name).desired_count = desired;
  dirty_services_.insert("c/" + name);
}

void World::delete_service(const std::string& name) {
  services.at("c/" + name).status = "DRAINING";
  services.at("c/" + name).desired_count = 0;
  dirty_services_.insert("c/" + name);
}

void World::drain_node(int number) {
  model::ContainerInstance& node = nodes_by_id.at(ids_.at(fmt::format("N{}", number)));
  node.status = "DRAINING";
  for (const auto& [id, task] : tasks) {
    if (task.container_instance == node.id && !task.service.empty()) dirty_services_.insert(task.service_key());
  }
  node_changed();
}

void World::lose_node(int number) {
  // 0: whichever is first
  model::ContainerInstance& node =
      number == 0 ? nodes_by_id.begin()->second : nodes_by_id.at(ids_.at(fmt::format("N{}", number)));
  model::Instance& instance = instances.at(node.instance_id);
  instance.state = "terminated";
  instance.terminated_at = now;
  dirty_instances_.insert(instance.id);
  for (const auto& [id, task] : tasks) {
    if (task.container_instance == node.id) dirty_tasks_.insert(id);
  }
  if (!instance.group.empty()) dirty_groups_.insert(instance.group);
}

model::Task& World::task(const std::string& name) {
  const auto found = ids_.find(name);
  return tasks.at(found == ids_.end() ? name : found->second);
}

void World::crash(const std::string& name, int exit_code) { exit_containers(task(name).id, exit_code, ""); }

void World::make_unhealthy(const std::string& name) {
  for (auto& [key, target] : targets) {
    if (target.task_id != task(name).id || target.state == "draining") continue;
    target.state = "unhealthy";
    target.unhealthy_since = now;
    target.healthy_since.reset();
    target.description = "Health checks failed with these codes: [503]";
    dirty_services_.insert(task(name).service_key());
  }
}

const model::TaskDefinition* World::task_definition(const std::string& arn) {
  const auto found = definitions.find(arn);
  return found == definitions.end() ? nullptr : &found->second;
}

const model::Subnet* World::subnet(const std::string& id) {
  const auto found = subnets.find(id);
  return found == subnets.end() ? nullptr : &found->second;
}

int World::addresses_left() {
  return addresses - static_cast<int>(std::ranges::count_if(tasks, [](const auto& entry) {
           return entry.second.network_interface && !entry.second.stopped();
         }));
}

std::vector<NodeView>& World::nodes() {
  nodes_.clear();
  for (const auto& [id, node] : nodes_by_id) {
    auto use = std::make_shared<model::NodeUse>();
    for (const auto& [task_id, task] : tasks) {
      if (task.container_instance == id) use->count(task, 1);
    }
    nodes_.push_back(make_node_view(node, std::move(use)));
  }
  return nodes_;
}

ServiceView World::view_of(const model::Service& service) {
  ServiceView view;
  view.service = &service;
  view.surroundings = this;
  for (const auto& [id, task] : tasks) {
    if (task.service_key() != service.key()) continue;
    if (task.stopped()) {
      if (!task.accounted) view.stopped.push_back(&task);
      continue;
    }
    TaskView& task_view = view.tasks.emplace_back();
    task_view.task = &task;
    for (const auto& [key, target] : targets) {
      if (target.task_id == id) task_view.targets.push_back(&target);
    }
    const auto node = nodes_by_id.find(task.container_instance);
    task_view.node_draining = node != nodes_by_id.end() && node->second.status == "DRAINING";
    task_view.others_on_node = std::ranges::any_of(tasks, [&](const auto& entry) {
      const auto its_service = services.find(entry.second.service_key());
      return entry.second.container_instance == task.container_instance && !entry.second.stopped() &&
             (its_service == services.end() || its_service->second.scheduling_strategy != "DAEMON");
    });
  }
  return view;
}

LifecycleView World::view_of(const model::Task& task) {
  LifecycleView view;
  view.task = &task;
  view.definition = &definitions.at(task.task_definition_arn);
  if (const auto service = services.find(task.service_key()); service != services.end()) {
    view.bindings = bindings_of(service->second, task.deployment_id);
  }
  for (const auto& [key, target] : targets) {
    if (target.task_id == task.id) view.targets.push_back(&target);
  }
  for (const auto& [arn, group] : groups) view.groups[arn] = &group;
  const auto instance = instances.find(task.instance_id);
  view.node_alive = instance == instances.end() || instance->second.state != "terminated";
  return view;
}

InstanceView World::view_of(const model::Instance& instance) {
  InstanceView view{&instance};
  for (const auto& [id, node] : nodes_by_id) {
    if (node.instance_id == instance.id) view.container_instance = &node;
  }
  view.cluster = &clusters.at("c");
  for (const auto& [id, task] : tasks) {
    if (task.instance_id == instance.id && !task.stopped()) view.tasks.push_back(&task);
  }
  return view;
}

GroupView World::view_of(const model::AutoScalingGroup& group) {
  GroupView view{&group};
  for (const auto& [id, instance] : instances) {
    if (instance.group == group.name) view.instances.push_back(&instance);
  }
  if (const auto found = templates.find(group.launch_template_id); found != templates.end()) {
    view.launch_template = &found->second;
  }
  for (const auto& [id, activity] : activities) {
    if (activity.group == group.name && !activity.end) view.activities.push_back(&activity);
  }
  return view;
}

int World::healthy_tasks(const std::string& key) {
  Random scratch(1);
  const ServiceView view = view_of(services.at(key));
  const ServicePass pass(view, now, pace, scratch);
  return pass.count([](const Entry& entry) { return entry.wanted && entry.healthy; });
}

void World::reconcile_service(const std::string& key) {
  const auto found = services.find(key);
  if (found == services.end()) return;
  ++reconciles;
  const int healthy_before = found->second.status == "ACTIVE" ? healthy_tasks(key) : 0;
  const ServiceDecision decision = reconcile(view_of(found->second), now, pace, random);
  service_deadlines_[key] = decision.next_deadline;
  if (decision.waits_for_capacity) waiting_.insert(key); else waiting_.erase(key);
  bool started = false;
  for (const ServiceAction& action : decision.actions) {
    if (const auto* start = std::get_if<StartTask>(&action)) {
      apply(key, *start);
      started = true;
    } else if (const auto* stop = std::get_if<StopTask>(&action)) {
      model::Task& task = tasks.at(stop->task_id);
      task.desired_status = "STOPPED";
      task.stop_code = stop->stop_code;
      task.stopped_reason = stop->reason;
      task_changed(task);
    } else if (const auto* accounted = std::get_if<AccountTask>(&action)) {
      tasks.at(accounted->task_id).accounted = true;
    } else if (const auto* healthy = std::get_if<MarkHealthy>(&action)) {
      tasks.at(healthy->task_id).first_healthy_at = healthy->at;
    } else if (const auto* update = std::get_if<UpdateService>(&action)) {
      services.at(key) = update->service;
    } else if (const auto* event = std::get_if<EmitEvent>(&action)) {
      note(event->message);
    }
  }
  const model::Service& service = services.at(key);
  if (service.status != "ACTIVE") return;
  const auto& configuration = service.deployment_configuration;
  const int lower = lower_bound_of(service.desired_count, configuration.minimum_healthy_percent);
  if (service.scheduling_strategy == "REPLICA") {
    const int healthy_after = healthy_tasks(key);
    if (healthy_after < std::min(healthy_before, lower)) {
      failures.push_back(fmt::format("{} went from {} to {} healthy, lower is {}", key, healthy_before, healthy_after, lower));
    }
    int wanted = 0;
    for (const auto& [id, task] : tasks) wanted += task.service_key() == key && task.wanted() && !task.stopped();
    const int upper = upper_bound_of(service.desired_count, configuration.maximum_percent);
    if (started && wanted > upper) failures.push_back(fmt::format("{} has {} tasks, upper is {}", key, wanted, upper));
  }
}

void World::apply(const std::string& key, const StartTask& action) {
  const model::Service& service = services.at(key);
  model::Task task;
  task.id = action.task_id;
  task.cluster = service.cluster;
  task.service = service.name;
  task.deployment_id = task.started_by = action.deployment_id;
  task.group = "service:" + service.name;
  task.task_definition_arn = action.task_definition_arn;
  task.capacity_provider = action.capacity_provider;
  if (action.node != nullptr) {
    task.container_instance = action.node->id;
    task.instance_id = action.node->instance_id;
    task.availability_zone = action.node->availability_zone;
    task.node_address = action.node->address;
  }
  task.cpu = action.needs.cpu;
  task.memory = action.needs.memory;
  task.static_host_ports = action.needs.ports;
  task.created_at = now;
  for (const auto& definition : definitions.at(task.task_definition_arn).containers) {
    model::Container container;
    container.name = definition.name;
    container.essential = definition.essential;
    for (const auto& mapping : definition.port_mappings) {
      container.network_bindings.push_back(
          {"0.0.0.0", mapping.container_port, mapping.host_port != 0 ? mapping.host_port : next_port_++, "tcp"});
    }
    task.containers.push_back(container);
  }
  const std::string name = fmt::format("T{}", ++tasks_made_);
  task.launch_type = action.launch_type;
  if (action.subnet != nullptr) {
    for (model::Container& container : task.containers) container.network_bindings.clear();
    attach_interface(task, definitions.at(task.task_definition_arn),
                     {*action.network, *action.subnet, fmt::format("127.1.0.{}", tasks_made_)}, random);
  }
  aliases_[task.id] = name;
  ids_[name] = task.id;
  if (verbose_tasks) note(fmt::format("{} on {}", name, alias(task.container_instance)));
  tasks[task.id] = task;
  task_changed(task);
}

void World::task_changed(const model::Task& task) {
  dirty_tasks_.insert(task.id);
  if (!task.service.empty()) dirty_services_.insert(task.service_key());
  if (!task.stopped()) return;
  dirty_instances_.insert(task.instance_id);
  node_changed();
}

void World::node_changed() {
  dirty_services_.insert(waiting_.begin(), waiting_.end());
  for (const auto& [key, service] : services) {
    if (service.scheduling_strategy == "DAEMON") dirty_services_.insert(key);
  }
}

void World::advance_task(const std::string& id) {
  const auto found = tasks.find(id);
  if (found == tasks.end()) return;
  const std::string before = found->second.last_status;
  const TaskDecision decision = advance(view_of(found->second), now, pace, lifecycle);
  task_deadlines_[id] = decision.next_deadline;
  target_events_.insert(target_events_.end(), decision.events.begin(), decision.events.end());
  for (const model::Target& target : decision.register_targets) {
    targets[target.key()] = target;
    registered(target.key());
  }
  for (const std::string& key : decision.drain_targets) {
    targets.at(key).state = "draining";
    targets.at(key).draining_since = now;
    after(drain, [this, key] {
      const auto target = targets.find(key);
      if (target == targets.end() || target->second.state != "draining") return;
      target->second.idle = true;
      dirty_tasks_.insert(target->second.task_id);
    });
  }
  for (const std::string& key : decision.remove_targets) targets.erase(key);
  const bool targets_changed = !decision.register_targets.empty() || !decision.drain_targets.empty();
  if (decision.record) {
    tasks[id] = *decision.record;
    if (verbose_tasks && before != decision.record->last_status) {
      note(fmt::format("{} {}{}{}", alias(id), decision.record->last_status,
                       decision.record->stopped_reason.empty() ? "" : ": ", decision.record->stopped_reason));
    }
    task_changed(tasks[id]);
  } else if (targets_changed) {
    task_changed(tasks[id]);
  }
  if (decision.start_runtime) runtime_start(id);
  if (decision.stop_runtime) runtime_stop(id);
}

void World::runtime_start(const std::string& id) {
  const Behaviour behaves = behaviour.at(tasks.at(id).task_definition_arn);
  after(behaves.start, [this, id, behaves] {
    if (tasks.at(id).stopped() || tasks.at(id).containers.front().last_status != "PENDING") return;
    if (behaves.cannot_pull) {
      exit_containers(id, std::nullopt, "CannotPullContainerError: manifest not found");
      return;
    }
    for (model::Container& container : tasks.at(id).containers) container.last_status = "RUNNING";
    task_changed(tasks.at(id));
    if (behaves.exits) after(*behaves.exits, [this, id] { exit_containers(id, 1, ""); });
  });
}

void World::runtime_stop(const std::string& id) {
  after(shutdown, [this, id] { exit_containers(id, 0, ""); });
}

void World::exit_containers(const std::string& id, std::optional<int> exit_code, const std::string& reason) {
  model::Task& task = tasks.at(id);
  if (task.stopped()) return;
  for (model::Container& container : task.containers) {
    if (container.last_status == "STOPPED") continue;
    container.last_status = "STOPPED";
    container.exit_code = exit_code;
    container.reason = reason;
  }
  task_changed(task);
}

void World::registered(const std::string& key) {
  const std::string task_id = targets.at(key).task_id;
  const Behaviour behaves = behaviour.at(tasks.at(task_id).task_definition_arn);
  after(behaves.healthy, [this, key, task_id, behaves] {
    const auto found = targets.find(key);
    if (found == targets.end() || found->second.state != "initial" || found->second.task_id != task_id) return;
    if (behaves.never_healthy) {
      make_unhealthy(task_id);
      return;
    }
    found->second.state = "healthy";
    found->second.healthy_since = now;
    dirty_services_.insert(tasks.at(task_id).service_key());
  });
}

void World::advance_node(const std::string& id) {
  const auto found = instances.find(id);
  if (found == instances.end()) return;
  const InstanceDecision decision = advance_instance(view_of(found->second), boot, {}, now, pace, random);
  instance_deadlines_[id] = decision.next_deadline;
  if (decision.container_instance) {
    const model::ContainerInstance& node = *decision.container_instance;
    if (!nodes_by_id.contains(node.id)) {
      aliases_[node.id] = fmt::format("N{}", ++nodes_made_);
      ids_[aliases_[node.id]] = node.id;
      note(fmt::format("{} joins {} in {}", alias(node.id), node.cluster, node.availability_zone));
    }
    nodes_by_id[node.id] = node;
    node_changed();
    for (const auto& [task_id, task] : tasks) {
      if (task.container_instance == node.id && !task.service.empty()) dirty_services_.insert(task.service_key());
    }
  }
  if (decision.record) {
    if (decision.record->state != found->second.state) note(fmt::format("{} is {}", alias(id), decision.record->state));
    instances[id] = *decision.record;
    dirty_instances_.insert(id);
    if (!decision.record->group.empty()) dirty_groups_.insert(decision.record->group);
    for (const auto& [task_id, task] : tasks) {
      if (task.instance_id == id && !task.stopped()) dirty_tasks_.insert(task_id);
    }
  }
  for (const StopTask& stop : decision.stop_tasks) {
    model::Task& task = tasks.at(stop.task_id);
    task.desired_status = "STOPPED";
    task.stop_code = stop.stop_code;
    task.stopped_reason = stop.reason;
    task_changed(task);
  }
  if (decision.leaves_cluster) {
    for (auto it = nodes_by_id.begin(); it != nodes_by_id.end();) {
      if (it->second.instance_id != id) { ++it; continue; }
      note(fmt::format("{} leaves the cluster", alias(it->first)));
      it = nodes_by_id.erase(it);
    }
    node_changed();
  }
  if (decision.remove) instances.erase(id);
}

void World::advance_group(const std::string& name) {
  const auto found = node_groups.find(name);
  if (found == node_groups.end()) return;
  const GroupDecision decision = reconcile_group(view_of(found->second), now, pace, random);
  for (const model::ScalingActivity& activity : decision.activities) {
    activities[activity.id] = activity;
    const bool was_known = !activity.end ? false : activity.status == "Successful";
    for (const auto& instance : decision.instances) {
      if (instance.id == activity.instance_id && !aliases_.contains(instance.id)) {
        aliases_[instance.id] = fmt::format("I{}", aliases_.size() + 1);
      }
    }
    note(fmt::format("{} {}{}", activity.status, activity.description, was_known ? "" : " | " + activity.cause));
  }
  for (const model::Instance& instance : decision.instances) {
    instances[instance.id] = instance;
    dirty_instances_.insert(instance.id);
    dirty_groups_.insert(name);
  }
  if (decision.record) node_groups[name] = *decision.record;
  if (decision.remove) node_groups.erase(name);
}

void World::settle() {
  int rounds = 0;
  while (!dirty_services_.empty() || !dirty_tasks_.empty() || !dirty_instances_.empty() || !dirty_groups_.empty()) {
    if (++rounds > 1000) {
      failures.push_back("the world does not settle");
      return;
    }
    for (const std::string& name : std::exchange(dirty_groups_, {})) advance_group(name);
    for (const std::string& id : std::exchange(dirty_instances_, {})) advance_node(id);
    for (const std::string& key : std::exchange(dirty_services_, {})) reconcile_service(key);
    for (const std::string& id : std::exchange(dirty_tasks_, {})) advance_task(id);
  }
  for (const ServiceMessage& message : target_events(std::exchange(target_events_, {}))) note(message.message);
  check();
  summarise();
}

// A decision that asks to be woken now or earlier, and has nothing more to do, would spin the engine.
void World::check_deadlines() {
  const auto all_ahead = [&](const char* what, const auto& deadlines) {
    for (const auto& [key, at] : deadlines) {
      if (at <= now) failures.push_back(fmt::format("{} {} is to be looked at again in the past", what, alias(key)));
    }
  };
  all_ahead("service", service_deadlines_);
  all_ahead("task", task_deadlines_);
  all_ahead("instance", instance_deadlines_);
}

void World::check() {
  check_deadlines();
  const Random before = random;
  for (const auto& [key, service] : services) {
    const ServiceDecision again = reconcile(view_of(service), now, pace, random);
    if (!again.actions.empty()) failures.push_back(fmt::format("a full pass finds more to do for {}", key));
  }
  for (const auto& [id, task] : tasks) {
    const TaskDecision again = advance(view_of(task), now, pace, lifecycle);
    if (again.record || !again.register_targets.empty() || !again.drain_targets.empty() ||
        !again.remove_targets.empty() || again.start_runtime || again.stop_runtime) {
      failures.push_back(fmt::format("a full pass finds more to do for task {} {}", alias(id), task.last_status));
    }
  }
  for (const auto& [id, instance] : instances) {
    const InstanceDecision again = advance_instance(view_of(instance), boot, {}, now, pace, random);
    if (again.record || again.container_instance || again.leaves_cluster || !again.stop_tasks.empty()) {
      failures.push_back(fmt::format("a full pass finds more to do for {}", id));
    }
  }
  for (const auto& [name, group] : node_groups) {
    const GroupDecision again = reconcile_group(view_of(group), now, pace, random);
    if (!again.instances.empty() || !again.activities.empty() || again.record) {
      failures.push_back(fmt::format("a full pass finds more to do for group {}", name));
    }
  }
  for (const NodeView& node : nodes()) {
    if (node.cpu_free < CpuUnits{0} || node.memory_free < MiB{0}) {
      failures.push_back(fmt::format("{} is overbooked", alias(node.instance->id)));
    }
  }
  random = before;
}

void World::summarise() {
  for (const auto& [key, service] : services) {
    int running = 0, pending = 0, stopping = 0;
    for (const auto& [id, task] : tasks) {
      if (task.service_key() != key || task.stopped()) continue;
      if (!task.wanted()) ++stopping;
      else if (task.last_status == "RUNNING") ++running;
      else ++pending;
    }
    std::string line = fmt::format("{}: desired {} running {} pending {} stopping {} healthy {}", service.name,
                                   service.desired_count, running, pending, stopping,
                                   service.status == "ACTIVE" ? healthy_tasks(key) : 0);
    for (const model::Deployment& deployment : service.deployments) {
      line += fmt::format(" | {} {} {} {}", deployment.id, deployment.task_definition_arn, deployment.status,
                          deployment.rollout_state);
    }
    if (service.status != "ACTIVE") line += " | " + service.status;
    if (last_summary_[key] == line) continue;
    last_summary_[key] = line;
    note("  " + line);
  }
}

void World::run_for(Duration duration) {
  const Instant end = now + duration;
  settle();
  while (failures.empty()) {
    Instant next = end + Duration(1);
    if (!agenda_.empty()) next = std::min(next, agenda_.begin()->first);
    const auto earliest = [&](const auto& deadlines) {
      for (const auto& [key, at] : deadlines) next = std::min(next, at);
    };
    earliest(service_deadlines_);
    earliest(task_deadlines_);
    earliest(instance_deadlines_);
    if (next > end) break;
    if (++moments > kMostMoments) {
      failures.push_back(fmt::format("no rest after {} moments; the last lines are\n{}", kMostMoments,
                                     fmt::join(timeline.end() - std::min<std::ptrdiff_t>(12, std::ssize(timeline)),
                                               timeline.end(), "\n")));
      return;
    }
    now = std::max(now, next);
    const auto due = [&](auto& deadlines, auto& dirty) {
      for (auto it = deadlines.begin(); it != deadlines.end();) {
        if (it->second > now) { ++it; continue; }
        dirty.insert(it->first);
        it = deadlines.erase(it);
      }
    };
    due(service_deadlines_, dirty_services_);
    due(task_deadlines_, dirty_tasks_);
    due(instance_deadlines_, dirty_instances_);
    while (!agenda_.empty() && agenda_.begin()->first <= now) {
      const auto action = std::move(agenda_.begin()->second);
      agenda_.erase(agenda_.begin());
      action();
    }
    settle();
  }
  now = end;
}

}  // namespace control::testing

// One key at a time: build what control needs to see, ask it, write what it decided.
#include <utility>

#include "base/log.h"
#include "control/capacity/user_data.h"
#include "control/deployment/service_scheduler.h"
#include "control/tasks/new_task.h"
#include "control/tasks/task_tags.h"
#include "engine/cluster_nodes.h"
#include "engine/engine.h"
#include "engine/runtime_settings.h"
#include "engine/task_spec.h"
#include "model/instance_type.h"

namespace engine {

namespace {

constexpr std::size_t kMaxActivities = 500;  // of a group: bounds memory under a node that never stays up

template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};

}  // namespace

void Engine::decide_group(const std::string& name, Instant now) {
  const model::AutoScalingGroup* group = state_.auto_scaling_groups.find(name);
  if (!group) {
    group_deadlines_.set(name, kNever);
    return;
  }
  const Instant scheduled = run_group_schedules(name, now);
  scale_group(*state_.auto_scaling_groups.find(name), now);
  control::GroupView view;
  view.group = state_.auto_scaling_groups.find(name);
  for (const std::string& id : state_.instances_by_group.keys(name))
    view.instances.push_back(state_.instances.find(id));
  view.launch_template = state_.launch_templates.find(view.group->launch_template_id);
  for (const std::string& id : view.group->subnets) {
    if (const model::Subnet* subnet = state_.subnets.find(id)) view.subnets.push_back(subnet);
  }
  for (const std::string& id : state_.activities_by_group.keys(name)) {
    const model::ScalingActivity* activity = state_.scaling_activities.find(id);
    if (!activity->end) view.activities.push_back(activity);
  }
  control::GroupDecision decision = control::reconcile_group(view, now, settings_.pace, random_);
  for (model::Instance& instance : decision.instances) {
    if (instance.address.empty()) instance.address = free_node_address();
    state_.instances.put(std::move(instance));
  }
  for (model::ScalingActivity& activity : decision.activities) state_.scaling_activities.put(std::move(activity));
  if (!decision.activities.empty()) drop_old_activities(name);
  if (decision.record) state_.auto_scaling_groups.put(*std::move(decision.record));
  if (decision.remove) state_.auto_scaling_groups.erase(name);
  group_deadlines_.set(name, std::min(decision.next_deadline, scheduled));
}

/// The newest kMaxActivities of a group stay (AWS: six weeks).
void Engine::drop_old_activities(const std::string& group) {
  const std::set<std::string> ids = state_.activities_by_group.keys(group);
  if (ids.size() <= kMaxActivities) return;
  std::set<std::pair<Instant, std::string>> by_age;
  for (const std::string& id : ids) by_age.emplace(state_.scaling_activities.find(id)->start, id);
  for (auto oldest = by_age.begin(); by_age.size() > kMaxActivities; oldest = by_age.erase(oldest)) {
    state_.scaling_activities.erase(oldest->second);
  }
}

void Engine::decide_instance(const std::string& id, Instant now) {
  const model::Instance* instance = state_.instances.find(id);
  if (!instance) {
    instance_deadlines_.set(id, kNever);
    return;
  }
  control::InstanceView view;
  view.instance = instance;
  view.cluster = state_.clusters.find(control::cluster_of_user_data(instance->user_data));
  if (view.cluster && view.cluster->status != "ACTIVE") view.cluster = nullptr;
  for (const std::string& node : state_.container_instances_by_instance.keys(id)) {
    view.container_instance = state_.container_instances.find(node);
    for (const std::string& task : state_.tasks_by_container_instance.keys(node)) {
      const model::Task* record = state_.tasks.find(task);
      if (!record->stopped()) view.tasks.push_back(record);
    }
  }
  if (view.cluster) view.capacity_provider = capacity_provider_of(*instance, view.cluster->name);
  const std::string node = view.container_instance ? view.container_instance->id : std::string();
  const std::string before = instance->state;
  const std::string group = instance->group;
  control::InstanceDecision decision =
      control::advance_instance(view, settings_.boot_delay, settings_.account, now, settings_.pace, random_);
  for (const control::StopTask& stop : decision.stop_tasks) stop_task(stop);
  if (decision.leaves_cluster && !node.empty()) state_.container_instances.erase(node);
  if (decision.record) {
    const model::Instance record = *std::move(decision.record);
    state_.instances.put(record);
    if (before != record.state && record.state == "running") set_node(record);
    if (before != record.state && record.state == "terminated") {
      after_commit([this, id] { driver_.remove_node(id); });
    }
  }
  if (decision.container_instance) state_.container_instances.put(*std::move(decision.container_instance));
  if (decision.remove) {
    state_.instances.erase(id);
    if (!group.empty()) dirty_.groups.insert(group);
  }
  instance_deadlines_.set(id, decision.next_deadline);
}

void Engine::set_node(const model::Instance& instance) {
  const model::InstanceType* type = model::find_instance_type(instance.instance_type);
  drivers::NodeSpec node;
  node.node_id = instance.id;
  node.address = instance.address;
  if (type) {
    node.cores = type->vcpus * settings_.cores_per_vcpu;
    node.memory = type->memory;
  }
  after_commit([this, node] { driver_.set_node(node); });
}

std::string Engine::free_node_address() const {
  std::set<std::string> used;
  for (const auto& [id, instance] : state_.instances.all()) {
    if (instance.state != "terminated") used.insert(instance.address);
  }
  for (int index = 0; index < AddressPlan::kNodes; ++index) {
    std::string address = settings_.addresses.node(index);
    if (!used.contains(address)) return address;
  }
  log_error("all {} node addresses are in use; the new instance shares one", AddressPlan::kNodes);
  return settings_.addresses.node(0);
}

const model::TaskDefinition* Engine::definition_of(const model::Task& task) const {
  return state_.task_definitions.find(model::TaskDefinition::key_of(task.task_definition_arn));
}

/// One that a user registered and deregistered: it reads draining until the delay is over (sheet I), then it is gone.
/// Those of services end with their tasks.
void Engine::decide_target(const std::string& key, Instant now, Reach& reach) {
  const Instant due = judge_reach(key, now, reach);
  const model::Target* target = state_.targets.find(key);
  const model::TargetGroup* group = target ? state_.target_groups.find(target->group_arn) : nullptr;
  if (!group || !target->draining_since || !target->task_id.empty()) {
    target_deadlines_.set(key, due);
    return;
  }
  const Instant gone = *target->draining_since + settings_.pace(group->deregistration_delay());
  if (gone <= now) state_.targets.erase(key);
  target_deadlines_.set(key, gone <= now ? kNever : std::min(due, gone));
}

/// A target that security groups keep the balancer from is not the balancer's (see send_to_balancer): its probes would
/// time out, so it is unhealthy when as many as it takes would have. Answers when that is.
Instant Engine::judge_reach(const std::string& key, Instant now, Reach& reach) {
  const model::Target* target = state_.targets.find(key);
  const model::TargetGroup* group = target ? state_.target_groups.find(target->group_arn) : nullptr;
  if (!group) return kNever;
  const std::string why = reach.blocked(*target, *group);
  if (why != target->blocked) {
    state_.targets.update(key, [&](model::Target& record) {
      if (why.empty()) {
        record.blocked_since.reset();
        if (record.state == "unhealthy") {  // the balancer probes it anew
          record.state = "initial";
          record.reason = "Elb.InitialHealthChecking";
          record.description = "Initial health checks in progress";
          record.unhealthy_since.reset();
        }
      } else if (record.blocked.empty()) {
        record.blocked_since = now;
      }
      record.blocked = why;
    });
  }
  target = state_.targets.find(key);
  if (target->blocked.empty()) return kNever;
  if (target->state == "draining") {  // nothing is in flight to it
    if (!target->idle) state_.targets.update(key, [](model::Target& record) { record.idle = true; });
    return kNever;
  }
  if (target->state == "unhealthy" && target->reason == "Target.Timeout") return kNever;
  const Instant due = *target->blocked_since + settings_.pace(seconds(group->health_check_interval)) * group->unhealthy_threshold;
  if (now < due) return due;
  state_.targets.update(key, [&](model::Target& record) {
    if (record.state != "unhealthy") record.unhealthy_since = now;
    record.healthy_since.reset();
    record.state = "unhealthy";
    record.reason = "Target.Timeout";
    record.description = "Request timed out";
  });
  return kNever;
}

void Engine::decide_task(const std::string& id, Instant now) {
  const model::Task* task = state_.tasks.find(id);
  const model::TaskDefinition* definition = task ? definition_of(*task) : nullptr;
  if (!definition || task->stopped()) {
    task_deadlines_.set(id, kNever);
    return;
  }
  control::LifecycleView view;
  view.task = task;
  view.definition = definition;
  if (const model::Service* service = state_.services.find(task->service_key())) {
    view.bindings = service->load_balancers;
    for (const model::Deployment& deployment : service->deployments) {
      if (deployment.id == task->deployment_id) view.bindings = deployment.load_balancers;
    }
  }
  for (const model::TargetGroupBinding& binding : view.bindings) {
    if (const auto* group = state_.target_groups.find(binding.target_group_arn)) view.groups[group->arn] = group;
  }
  for (const std::string& key : state_.targets_by_task.keys(id)) {
    const model::Target* target = state_.targets.find(key);
    view.targets.push_back(target);
    if (const auto* group = state_.target_groups.find(target->group_arn)) view.groups[group->arn] = group;
  }
  const model::Instance* instance = state_.instances.find(task->instance_id);
  view.node_alive = task->waiting() || task->serverless() || (instance && instance->state != "terminated");

  control::TaskDecision decision = control::advance(view, now, settings_.pace);
  if (decision.record) {
    if (decision.record->stopped()) {
      stopped_tasks_.emplace(decision.record->stopped_at.value_or(now), id);
      measurements_.forget_task(id);
    }
    state_.tasks.put(*std::move(decision.record));
  }
  for (model::Target& target : decision.register_targets) state_.targets.put(std::move(target));
  for (const std::string& key : decision.drain_targets) {
    state_.targets.update(key, [&](model::Target& target) {
      target.state = "draining";
      target.reason = "Target.DeregistrationInProgress";
      target.description = "Target deregistration is in progress";
      target.draining_since = now;
      target.idle = false;
    });
  }
  for (const std::string& key : decision.remove_targets) state_.targets.erase(key);
  if (decision.start_runtime) send_start(*state_.tasks.find(id));
  if (decision.stop_runtime) after_commit([this, id] { driver_.stop(id); });
  if (decision.forget_runtime) after_commit([this, id] { driver_.forget(id); });
  std::move(decision.events.begin(), decision.events.end(), std::back_inserter(target_events_));
  task_deadlines_.set(id, decision.next_deadline);
}

void Engine::send_start(const model::Task& task) {
  const model::TaskDefinition* definition = definition_of(task);
  if (!definition) return;
  drivers::TaskSpec spec = task_spec(task, *definition, settings_.pace);
  if (settings_.resolve_image) {
    for (drivers::ContainerSpec& container : spec.containers) {
      if (container.manifest_digest.empty()) container.manifest_digest = settings_.resolve_image(container.image);
    }
  }
  const auto ready = add_runtime_settings(spec, *definition, [this](const std::string& name) { return state_.parameters.find(name); }, settings_.pace);
  if (!ready) {
    // As if the runtime had refused it: every container ends without having run.
    state_.tasks.update(task.id, [&](model::Task& record) {
      for (model::Container& container : record.containers) {
        container.last_status = "STOPPED";
        container.reason = ready.error().message;
      }
      record.execution_stopped_at = clock_.now();
    });
    return;
  }
  if (settings_.introduce) settings_.introduce(spec, task);
  after_commit([this, spec = std::move(spec)] {
    if (shutting_down_) {
      held_back_.insert(spec.task_id);
    } else {
      driver_.start(spec);
    }
  });
}

void Engine::decide_service(const std::string& key, Instant now, ClusterNodes& nodes) {
  const model::Service* service = state_.services.find(key);
  if (!service || service->status == "INACTIVE") {
    service_deadlines_.set(key, kNever);
    return;
  }
  class AsSeen final : public control::Surroundings {
   public:
    AsSeen(const state::State& state, ClusterNodes& nodes, std::string cluster)
        : state_(state), nodes_(nodes), cluster_(std::move(cluster)) {}
    const model::TaskDefinition* task_definition(const std::string& arn) override {
      return state_.task_definitions.find(model::TaskDefinition::key_of(arn));
    }
    std::vector<control::NodeView>& nodes() override { return nodes_.of(cluster_); }
    int waiting_tasks() override {
      int count = 0;
      for (const std::string& id : state_.waiting_tasks_by_cluster.keys(cluster_)) {
        count += state_.tasks.find(id)->wanted();
      }
      return count;
    }
    const model::Subnet* subnet(const std::string& id) override { return state_.subnets.find(id); }
    int addresses_left() override { return state_.task_addresses.left(); }

   private:
    const state::State& state_;
    ClusterNodes& nodes_;
    std::string cluster_;
  } surroundings(state_, nodes, service->cluster);

  control::ServiceView view;
  view.service = service;
  view.surroundings = &surroundings;
  for (const std::string& id : state_.tasks_by_service.keys(key)) {
    const model::Task* task = state_.tasks.find(id);
    if (task->stopped()) {
      if (!task->accounted) view.stopped.push_back(task);
      continue;
    }
    control::TaskView& seen = view.tasks.emplace_back();
    seen.task = task;
    for (const std::string& target : state_.targets_by_task.keys(id))
      seen.targets.push_back(state_.targets.find(target));
    const model::ContainerInstance* node = state_.container_instances.find(task->container_instance);
    seen.node_draining = node && node->status == "DRAINING";
    seen.others_on_node = seen.node_draining && service->scheduling_strategy == "DAEMON" && serves(task->instance_id);
  }
  const std::string cluster = service->cluster;
  const control::ServiceDecision decision = control::reconcile(view, now, settings_.pace, random_);
  for (const control::ServiceAction& action : decision.actions) {
    apply(key, action, now);
    const auto* start = std::get_if<control::StartTask>(&action);
    if (start && start->node) nodes.renew(cluster, *start->node);
  }
  service_deadlines_.set(key, decision.next_deadline);
  if (decision.waits_for_capacity) {
    waiting_for_capacity_[cluster].insert(key);
  } else {
    waiting_for_capacity_[cluster].erase(key);
  }
}

void Engine::apply(const std::string& service_key, const control::ServiceAction& action, Instant now) {
  std::visit(
      Match{[&](const control::StartTask& start) { start_task(service_key, start, now); },
            [&](const control::StopTask& stop) { stop_task(stop); },
            [&](const control::AccountTask& account) {
              state_.tasks.update(account.task_id, [](model::Task& task) { task.accounted = true; });
            },
            [&](const control::MarkHealthy& mark) {
              state_.tasks.update(mark.task_id, [&](model::Task& task) { task.first_healthy_at = mark.at; });
            },
            [&](const control::UpdateService& update) {
              model::Service record = update.service;
              // Events of this decision may have been written already: their numbers must not come again.
              if (const auto* present = state_.services.find(service_key)) record.next_event = present->next_event;
              state_.services.put(std::move(record));
            },
            [&](const control::EmitEvent& event) { state_.append_event(service_key, event.message, now, random_); }},
      action);
}

void Engine::start_task(const std::string& service_key, const control::StartTask& start, Instant now) {
  const model::Service* service = state_.services.find(service_key);
  const model::TaskDefinition* definition =
      state_.task_definitions.find(model::TaskDefinition::key_of(start.task_definition_arn));
  if (!service || !definition) return;
  const auto use = state_.node_uses.of(start.node ? start.node->id : "");
  std::optional<std::string> address;
  if (start.subnet && !(address = state_.task_addresses.take(settings_.addresses))) {
    // Not expected: control counts them before it starts a task.
    log_error("service {}: no address is left for a task that was to have one", service_key);
    return;
  }
  model::Task task = control::make_task({.id = start.task_id,
                                         .definition = *definition,
                                         .node = start.node,
                                         .cluster = service->cluster,
                                         .service = service->name,
                                         .deployment_id = start.deployment_id,
                                         .group = "service:" + service->name,
                                         .started_by = start.deployment_id,
                                         .launch_type = start.launch_type,
                                         .capacity_provider = start.capacity_provider,
                                         .port_used = [&](int port) { return use->host_ports.contains(port); },
                                         .network = start.network,
                                         .subnet = start.subnet,
                                         .address = address.value_or("")},
                                        settings_.account, now, random_);
  task.tags = control::service_task_tags(*service, *definition);
  state_.tasks.put(std::move(task));
}

void Engine::stop_task(const control::StopTask& stop) {
  state_.tasks.update(stop.task_id, [&](model::Task& task) {
    if (!task.wanted()) return;
    task.desired_status = "STOPPED";
    task.stop_code = stop.stop_code;
    task.stopped_reason = stop.reason;
    ++task.version;
  });
}

}  // namespace engine

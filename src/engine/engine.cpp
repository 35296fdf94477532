#include "engine/engine.h"

#include <algorithm>

#include "base/log.h"
#include "engine/balancer_specs.h"
#include "engine/cluster_nodes.h"

namespace engine {

namespace {
// One tick settles a change in a few rounds (service -> task -> target -> service); more would be control going in
// circles, which must not hang the owner: the rest is done in the next tick, and said.
constexpr int kMaxRounds = 32;
// STOPPED tasks that stay visible at most, whatever their age: a crash loop must not fill memory.
constexpr std::size_t kMaxStoppedTasks = 2000;
}  // namespace

Engine::Engine(state::State& state, state::MetricStore& metrics, drivers::Driver& driver, balancer::Balancer& balancer,
               const Clock& clock, Random& random, Settings settings)
    : state_(state),
      metrics_(metrics),
      driver_(driver),
      balancer_(balancer),
      clock_(clock),
      random_(random),
      settings_(std::move(settings)),
      started_at_(clock.now()),
      publisher_(state, metrics, settings_) {
  publisher_.add_source([this](MetricPublisher::Minute& minute) { publish_capacity(minute); });
}

void Engine::tick() {
  const Instant now = clock_.now();
  publisher_.publish(now);  // before alarms are evaluated: they see the period that has just ended
  collect_changes();
  collect_due(now);
  if (!shutting_down_) evaluate_alarms(now);
  run_control(now);
  for (const control::ServiceMessage& message : control::target_events(target_events_)) {
    state_.append_event(message.service_key, message.message, now, random_);
  }
  target_events_.clear();
  purge_stopped_tasks(now);
  forget_old_history(now);
  collect_changes();
  send_to_balancer();

  const state::Commit commit = state_.store.commit();
  if (outbox_.empty() && reports_.empty()) return;
  state_.store.when_durable(commit, [this, commands = std::exchange(outbox_, {}),
                                     reports = std::exchange(reports_, {})](const Result<void>& durable) {
    if (durable) {
      for (const auto& command : commands) command();
    } else {  // what was decided is undone, and will be decided again when the disk has room
      undone_reports_.insert(undone_reports_.end(), reports.begin(), reports.end());
    }
  });
}

void Engine::on_rolled_back() {
  std::vector<Report> reports = std::exchange(undone_reports_, {});
  std::ranges::move(std::exchange(reports_, {}), std::back_inserter(reports));
  for (const Report& report : reports) {
    std::visit([this](const auto& event) { on(event); }, report);
  }
  note_stopped_tasks();
}

Instant Engine::next_deadline() const {
  Instant next = std::min({service_deadlines_.next(), task_deadlines_.next(), instance_deadlines_.next(),
                           group_deadlines_.next(), target_deadlines_.next(), alarms_.next(),
                           scaling_deadlines_.next(), publisher_.next()});
  if (!stopped_tasks_.empty()) next = std::min(next, stopped_tasks_.begin()->first + settings_.task_retention);
  return next;
}

bool Engine::has_work() const {
  return !dirty_.control_empty() || state_.services.has_changed() || state_.tasks.has_changed() ||
         state_.targets.has_changed() || state_.container_instances.has_changed() || state_.instances.has_changed() ||
         state_.auto_scaling_groups.has_changed() || state_.target_groups.has_changed() ||
         state_.listeners.has_changed() || state_.listener_rules.has_changed() || state_.load_balancers.has_changed() ||
         state_.clusters.has_changed() || state_.alarms.has_changed() || state_.scalable_targets.has_changed() ||
         state_.scaling_policies.has_changed() || state_.scheduled_actions.has_changed() ||
         state_.certificates.has_changed() || state_.security_groups.has_changed();
}

void Engine::collect_changes() {
  dirty_.services.merge(state_.services.take_changed());
  for (const std::string& id : state_.tasks.take_changed()) {
    dirty_.tasks.insert(id);
    const model::Task* task = state_.tasks.find(id);
    if (!task) continue;
    if (!task->service.empty()) dirty_.services.insert(task->service_key());
    if (task->stopped()) {
      last_of_node_may_stop(*task);
      if (!state_.waiting_tasks_by_cluster.keys(task->cluster).empty()) dirty_.waiting_clusters.insert(task->cluster);
      dirty_.services.merge(waiting_for_capacity_[task->cluster]);
      const model::Instance* instance = state_.instances.find(task->instance_id);
      if (instance && (instance->state == "shutting-down" || instance->lifecycle_state == "Terminating:Wait")) {
        dirty_.instances.insert(task->instance_id);
      }
    }
  }
  for (const std::string& key : state_.targets.take_changed()) {
    dirty_.members.insert(key.substr(0, key.find('|')));
    const model::Target* target = state_.targets.find(key);
    if (!target) continue;
    dirty_.targets.insert(key);
    if (target->task_id.empty()) continue;
    dirty_.tasks.insert(target->task_id);
    if (const model::Task* task = state_.tasks.find(target->task_id); task && !task->service.empty()) {
      dirty_.services.insert(task->service_key());
    }
  }
  for (const std::string& id : state_.container_instances.take_changed()) {
    for (const std::string& task : state_.tasks_by_container_instance.keys(id)) dirty_.tasks.insert(task);
    const model::ContainerInstance* node = state_.container_instances.find(id);
    if (!node) continue;
    if (!state_.waiting_tasks_by_cluster.keys(node->cluster).empty()) dirty_.waiting_clusters.insert(node->cluster);
    for (const std::string& key : state_.services_by_cluster.keys(node->cluster)) dirty_.services.insert(key);
  }
  for (const std::string& id : state_.instances.take_changed()) {
    dirty_.instances.insert(id);
    const model::Instance* instance = state_.instances.find(id);
    if (!instance) continue;
    if (!instance->group.empty()) dirty_.groups.insert(instance->group);
    for (const std::string& node : state_.container_instances_by_instance.keys(id)) {
      for (const std::string& task : state_.tasks_by_container_instance.keys(node)) dirty_.tasks.insert(task);
    }
  }
  dirty_.groups.merge(state_.auto_scaling_groups.take_changed());
  if (!state_.clusters.take_changed().empty()) {  // an instance may have waited for the cluster it names
    for (const auto& [id, instance] : state_.instances.all()) {
      if (instance.state == "running") dirty_.instances.insert(id);
    }
  }
  for (const std::string& name : state_.alarms.take_changed()) alarm_changed(name);
  const auto pass_over = [](auto&... tables) { (tables.take_changed(), ...); };
  // Nobody reacts to these; their keys must not pile up.
  pass_over(state_.alarm_history, state_.service_events, state_.scaling_activities, state_.task_definitions,
            state_.launch_templates, state_.vpcs, state_.subnets, state_.log_groups,
            state_.log_streams, state_.repositories, state_.images, state_.repository_blobs, state_.capacity_providers, state_.dashboards, state_.counters,
            state_.certificate_authorities, state_.namespaces, state_.namespace_operations, state_.roles,
            state_.managed_policies, state_.instance_profiles, state_.parameters, state_.route_tables,
            state_.internet_gateways, state_.nat_gateways, state_.elastic_addresses, state_.topics, state_.subscriptions);
  collect_scaling_changes();
  dirty_.target_groups.merge(state_.target_groups.take_changed());
  // Those of this call alone: the others of a tick stay in dirty_ until they are sent.
  std::set<std::string> listeners = state_.listeners.take_changed();
  for (const std::string& arn : state_.listener_rules.take_changed()) {
    if (const model::ListenerRule* rule = state_.listener_rules.find(arn)) {
      listeners.insert(rule->listener_arn);
    } else {  // a deleted rule no longer names its listener
      for (const auto& [listener, record] : state_.listeners.all()) listeners.insert(listener);
    }
  }
  for (const std::string& arn : state_.certificates.take_changed()) {  // imported anew
    for (const auto& [listener, record] : state_.listeners.all()) {
      if (std::ranges::count(record.certificates, arn) > 0) listeners.insert(listener);
    }
  }
  for (const std::string& arn : state_.load_balancers.take_changed()) {
    for (const std::string& listener : state_.listeners_by_load_balancer.keys(arn)) listeners.insert(listener);
  }
  if (!state_.security_groups.take_changed().empty()) {  // whom they concern is found out where it is decided
    for (const auto& [listener, record] : state_.listeners.all()) listeners.insert(listener);
  }
  if (listeners.empty()) return;
  dirty_.listeners.merge(listeners);
  // Which balancer a target has, and by which groups it gets there, may be another now.
  for (const auto& [key, target] : state_.targets.all()) dirty_.targets.insert(key);
}

/// A DAEMON's task stays on a DRAINING node until the others there have STOPPED, as this one has.
void Engine::last_of_node_may_stop(const model::Task& stopped) {
  const model::ContainerInstance* node = state_.container_instances.find(stopped.container_instance);
  if (!node || node->status != "DRAINING") return;
  for (const std::string& id : state_.tasks_by_container_instance.keys(node->id)) {
    const model::Task* task = state_.tasks.find(id);
    if (!task->stopped() && !task->service.empty()) dirty_.services.insert(task->service_key());
  }
}

void Engine::collect_due(Instant now) {
  service_deadlines_.take_due(now, dirty_.services);
  task_deadlines_.take_due(now, dirty_.tasks);
  instance_deadlines_.take_due(now, dirty_.instances);
  group_deadlines_.take_due(now, dirty_.groups);
  target_deadlines_.take_due(now, dirty_.targets);
  scaling_deadlines_.take_due(now, dirty_.scalable_targets);
}

void Engine::run_control(Instant now) {
  if (shutting_down_) {
    dirty_ = {};
    return;
  }
  for (int round = 0; !dirty_.control_empty(); ++round) {
    if (round == kMaxRounds) {
      log_warning("a tick did not settle in {} rounds; the rest follows in the next one", kMaxRounds);
      return;
    }
    for (const std::string& name : std::exchange(dirty_.groups, {})) decide_group(name, now);
    for (const std::string& id : std::exchange(dirty_.instances, {})) decide_instance(id, now);
    Reach reach(state_);
    for (const std::string& key : std::exchange(dirty_.targets, {})) decide_target(key, now, reach);
    for (const std::string& id : std::exchange(dirty_.tasks, {})) decide_task(id, now);
    ClusterNodes nodes(state_);
    const std::set<std::string> services = std::exchange(dirty_.services, {});
    const auto decide_services = [&](bool daemons) {
      for (const std::string& key : services) {
        const model::Service* service = state_.services.find(key);
        if (daemons != (service && service->scheduling_strategy == "DAEMON")) continue;
        decide_service(key, now, nodes);
        service_of_target_changed(key);
      }
    };
    decide_services(true);  // sheet A4: a node's room is theirs before it is that of whatever waits
    for (const std::string& cluster : std::exchange(dirty_.waiting_clusters, {})) place_waiting(cluster, nodes);
    decide_services(false);
    for (const std::string& key : std::exchange(dirty_.scalable_targets, {})) decide_scalable_target(key, now);
    collect_changes();
  }
}

void Engine::send_to_balancer() {
  for (const std::string& arn : std::exchange(dirty_.target_groups, {})) {
    if (const model::TargetGroup* group = state_.target_groups.find(arn)) {
      after_commit([this, spec = group_spec(*group, settings_.pace)] { balancer_.set_group(spec); });
      dirty_.members.insert(arn);
    } else {
      after_commit([this, arn] { balancer_.remove_group(arn); });
      dirty_.members.erase(arn);
    }
  }
  for (const std::string& arn : std::exchange(dirty_.members, {})) {
    if (!state_.target_groups.find(arn)) continue;
    std::vector<balancer::Member> members;
    for (const std::string& key : state_.targets_by_group.keys(arn)) {
      const model::Target& target = *state_.targets.find(key);
      if (target.blocked.empty()) members.push_back(member(target));
    }
    after_commit([this, arn, members = std::move(members)] { balancer_.set_members(arn, members); });
  }
  const Reach reach(state_);
  for (const std::string& arn : std::exchange(dirty_.listeners, {})) {
    const model::Listener* listener = state_.listeners.find(arn);
    const model::LoadBalancer* owner = listener ? state_.load_balancers.find(listener->load_balancer_arn) : nullptr;
    if (!owner) {
      after_commit([this, arn] { balancer_.remove_listener(arn); });
      continue;
    }
    std::vector<const model::ListenerRule*> rules;
    for (const std::string& rule : state_.rules_by_listener.keys(arn))
      rules.push_back(state_.listener_rules.find(rule));
    std::vector<const model::Certificate*> certificates;
    for (const std::string& certificate : listener->certificates) {
      if (const auto* found = state_.certificates.find(certificate)) certificates.push_back(found);
    }
    if (listener->protocol == "HTTPS" && certificates.empty()) continue;  // acm deletes none that is in use
    balancer::ListenerSpec spec = listener_spec(*listener, *owner, rules, certificates);
    spec.admitted = reach.admitted(*listener);
    after_commit([this, spec = std::move(spec)] { balancer_.set_listener(spec); });
  }
}

void Engine::purge_stopped_tasks(Instant now) {
  while (!stopped_tasks_.empty() && (stopped_tasks_.size() > kMaxStoppedTasks ||
                                     stopped_tasks_.begin()->first + settings_.task_retention <= now)) {
    const model::Task* task = state_.tasks.find(stopped_tasks_.begin()->second);
    if (task && task->stopped()) state_.tasks.erase(task->id);
    stopped_tasks_.erase(stopped_tasks_.begin());
  }
}

/// Alarms' history is kept for 30 days, as at AWS, also of alarms that are gone.
void Engine::forget_old_history(Instant now) {
  if (now < history_due_) return;
  history_due_ = now + hours(1);
  state_.expire_alarm_history(now - hours(24 * 30));
}

}  // namespace engine

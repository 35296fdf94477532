// What drivers and balancer report becomes state; the next tick reacts to it. Also the start: adopting what runs.
#include <algorithm>

#include "base/log.h"
#include "engine/engine.h"

namespace engine {

namespace {

template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};

bool may_run(const model::Task& task) { return task.last_status != "PROVISIONING" && !task.stopped(); }

}  // namespace

void Engine::on_container(const std::string& task_id, const std::string& name,
                          const std::function<void(model::Task&, model::Container&)>& change) {
  const model::Task* task = state_.tasks.find(task_id);
  if (!task || task->stopped()) return;
  state_.tasks.update(task_id, [&](model::Task& record) {
    for (model::Container& container : record.containers) {
      if (container.name == name) change(record, container);
    }
  });
}

void Engine::on(const drivers::Event& event) {
  if (!std::holds_alternative<drivers::Usage>(event)) reports_.emplace_back(event);
  std::visit(
      Match{[&](const drivers::ContainerPulled& pulled) {
              on_container(pulled.task_id, pulled.container, [&](model::Task& task, model::Container& container) {
                container.image_digest = pulled.image_digest;
                if (!task.pull_started_at) task.pull_started_at = pulled.started_at;
                task.pull_stopped_at = pulled.stopped_at;
              });
            },
            [&](const drivers::ContainerStarted& started) {
              publisher_.started(started);
              on_container(started.task_id, started.container, [&](model::Task&, model::Container& container) {
                if (container.last_status == "STOPPED") return;
                measurements_.add(started);
                container.last_status = "RUNNING";
                container.runtime_id = started.runtime_id;
              });
            },
            [&](const drivers::ContainerRestarted& restarted) {
              on_container(restarted.task_id, restarted.container, [&](model::Task&, model::Container& container) {
                container.restart_count = restarted.count;
                container.health_status = "UNKNOWN";  // until its check passes again
              });
            },
            [&](const drivers::ContainerExited& exited) {
              forget_orphan(exited);
              on_container(exited.task_id, exited.container, [&](model::Task& task, model::Container& container) {
                if (container.last_status == "STOPPED") return;
                measurements_.add(exited);
                container.last_status = "STOPPED";
                container.exit_code = exited.exit_code;
                container.reason = exited.reason;
                if (container.essential && !task.execution_stopped_at) task.execution_stopped_at = exited.at;
              });
            },
            [&](const drivers::ContainerHealthChanged& health) {
              on_container(health.task_id, health.container,
                           [&](model::Task&, model::Container& container) { container.health_status = health.status; });
            },
            [&](const drivers::Usage& usage) {
              const model::Task* task = state_.tasks.find(usage.task_id);
              if (!task || task->stopped()) return;
              measurements_.add(usage);
              publisher_.add(usage);
            }},
      event);
}

void Engine::on(const balancer::Event& event) {
  if (std::holds_alternative<balancer::TargetHealthChanged>(event) ||
      std::holds_alternative<balancer::TargetIdle>(event) || std::holds_alternative<balancer::ListenerBound>(event)) {
    reports_.emplace_back(event);
  }
  std::visit(Match{[&](const balancer::TargetHealthChanged& health) {
                     const std::string key = health.group_id + "|" + health.member_id;
                     const model::Target* target = state_.targets.find(key);
                     if (!target || target->state == "draining" || !target->blocked.empty()) return;
                     if (target->state == health.state && target->reason == health.reason &&
                         target->description == health.description) {
                       return;
                     }
                     state_.targets.update(key, [&](model::Target& record) {
                       if (health.state == "healthy" && record.state != "healthy") record.healthy_since = health.at;
                       if (health.state != "healthy") record.healthy_since.reset();
                       if (health.state == "unhealthy" && record.state != "unhealthy")
                         record.unhealthy_since = health.at;
                       if (health.state != "unhealthy") record.unhealthy_since.reset();
                       record.state = health.state;
                       record.reason = health.reason;
                       record.description = health.description;
                     });
                   },
                   [&](const balancer::TargetIdle& idle) {
                     const std::string key = idle.group_id + "|" + idle.member_id;
                     const model::Target* target = state_.targets.find(key);
                     if (!target || target->state != "draining" || target->idle) return;
                     state_.targets.update(key, [](model::Target& record) { record.idle = true; });
                   },
                   [&](const balancer::ListenerBound& bound) {
                     const model::Listener* listener = state_.listeners.find(bound.listener_id);
                     if (!listener || (listener->bound_port == bound.port && listener->bind_error == bound.error))
                       return;
                     state_.listeners.update(bound.listener_id, [&](model::Listener& record) {
                       record.bound_port = bound.port;
                       record.bind_error = bound.error;
                     });
                   },
                   [&](const balancer::Traffic& traffic) {
                     measurements_.add(traffic);
                     publisher_.add(traffic);
                   },
                   [&](const balancer::BalancerDown& down) {
                     log_error("the load balancer is down: {}", down.reason);
                     measurements_.count_balancer_restart();
                   },
                   [&](const balancer::BalancerUp& up) { log_info("the load balancer is up, pid {}", up.pid); }},
             event);
}

void Engine::stop_all_tasks() {
  shutting_down_ = true;
  for (const auto& [id, task] : state_.tasks.all()) {
    if (!task.stopped()) driver_.stop(id);
  }
}

std::size_t Engine::tasks_left() const {
  return static_cast<std::size_t>(std::ranges::count_if(state_.tasks.all(), [this](const auto& entry) {
    const auto& [id, task] = entry;
    return may_run(task) && !held_back_.contains(id) &&
           std::ranges::any_of(task.containers,
                               [](const model::Container& container) { return container.last_status != "STOPPED"; });
  }));
}

void Engine::forget_orphan(const drivers::ContainerExited& exited) {
  const auto found = orphans_.find(exited.task_id);
  if (found == orphans_.end()) return;
  found->second.erase(exited.container);
  if (!found->second.empty()) return;
  orphans_.erase(found);
  driver_.forget(exited.task_id);
}

void Engine::note_stopped_tasks() {
  stopped_tasks_.clear();
  for (const auto& [id, task] : state_.tasks.all()) {
    if (task.stopped()) stopped_tasks_.emplace(task.stopped_at.value_or(task.created_at), id);
  }
}

void Engine::recover() {
  for (const auto& [id, instance] : state_.instances.all()) {
    if (instance.state == "running") set_node(instance);
  }
  std::set<std::string> adopted;
  for (drivers::Adopted& found : driver_.adopt()) {
    const std::string id = found.spec.task_id;
    const model::Task* task = state_.tasks.find(id);
    if (task && !task->stopped()) {
      adopted.insert(id);
      for (const drivers::Event& event : found.history) on(event);
      continue;
    }
    std::set<std::string>& left = orphans_[id];
    for (const drivers::ContainerSpec& container : found.spec.containers) left.insert(container.name);
    for (const drivers::Event& event : found.history) {
      if (const auto* exited = std::get_if<drivers::ContainerExited>(&event)) left.erase(exited->container);
    }
    if (left.empty()) {
      orphans_.erase(id);
      driver_.forget(id);
    } else {
      log_warning("stopping task {}, which runs but is not known", id);
      driver_.stop(id);
    }
  }
  std::vector<std::string> unknown;
  note_stopped_tasks();
  for (const auto& [id, task] : state_.tasks.all()) {
    if (task.stopped()) continue;
    if (may_run(task) && !adopted.contains(id)) {
      unknown.push_back(id);
    } else if (task.stop_sent_at) {
      driver_.stop(id);  // may not have arrived; repeating it is harmless
    }
  }
  for (const std::string& id : unknown) {
    const model::Task task = *state_.tasks.find(id);
    if (!task.started_at && task.wanted()) {
      send_start(task);  // the intent was durable, the start may not have happened
      continue;
    }
    for (const model::Container& container : task.containers) {
      on(drivers::ContainerExited{.task_id = id,
                                  .container = container.name,
                                  .exit_code = {},
                                  .reason = "ContainerVanishedError: the runtime no longer knows this container",
                                  .at = clock_.now()});
    }
  }
  // What is repeated was durable before, whatever becomes of the first tick's commit.
  for (const auto& command : std::exchange(outbox_, {})) command();

  for (const auto& [name, alarm] : state_.alarms.all()) alarm_changed(name);
  for (const auto& [key, target] : state_.scalable_targets.all()) dirty_.scalable_targets.insert(key);
  for (const auto& [key, target] : state_.targets.all()) dirty_.targets.insert(key);

  tick();
  state_.store.when_durable(state_.store.commit(), [this](const Result<void>&) { balancer_.ready(); });
}

}  // namespace engine

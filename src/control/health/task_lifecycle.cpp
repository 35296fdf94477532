#include "control/health/task_lifecycle.h"

#include <algorithm>
#include <tuple>

#include "control/deployment/service_events.h"
#include "control/health/container_health.h"

namespace control {
namespace {

class Lifecycle {
 public:
  Lifecycle(const LifecycleView& view, Instant now, Pace pace, const LifecycleOptions& options)
      : view_(view), now_(now), pace_(pace), options_(options), task_(*view.task) {}

  TaskDecision run() {
    if (!task_.stopped()) step();
    // Also after a STOPPED that a crash cut short: what is still registered goes.
    if (task_.stopped()) remove_targets();
    if (changed_) {
      ++task_.version;
      decision_.record = task_;
    }
    return std::move(decision_);
  }

 private:
  template <class T, class U>
  void set(T& field, U&& value) {
    if (field == value) return;
    field = std::forward<U>(value);
    changed_ = true;
  }
  void wake_at(Instant at) { decision_.next_deadline = std::min(decision_.next_deadline, at); }

  bool all_containers(const char* status) const {
    return std::all_of(task_.containers.begin(), task_.containers.end(),
                       [&](const model::Container& container) { return container.last_status == status; });
  }
  /// The essential container that ended first; null while all of them live.
  const model::Container* ended_essential() const {
    const auto found = std::find_if(task_.containers.begin(), task_.containers.end(), [](const auto& container) {
      return container.essential && container.last_status == "STOPPED";
    });
    return found == task_.containers.end() ? nullptr : &*found;
  }
  bool started() const {
    return std::all_of(task_.containers.begin(), task_.containers.end(), [](const model::Container& container) {
      return container.last_status == "RUNNING" || (!container.essential && container.last_status == "STOPPED");
    });
  }

  void step() {
    if (!view_.node_alive) {
      host_gone();
      return;
    }
    const bool told = task_.last_status != "PROVISIONING";  // the runtime knows the task
    if (const model::Container* ended = ended_essential(); ended != nullptr && told) {
      ended_by_itself(*ended);
      return;
    }
    if (!task_.wanted()) {
      stop_wanted(told);
      return;
    }
    set(task_.health_status, task_health(task_, *view_.definition));
    if (task_.last_status == "PROVISIONING" && task_.placed()) {
      set(task_.last_status, "PENDING");
      decision_.start_runtime = true;
    } else if (task_.last_status == "PENDING" && started()) {
      activate();
    } else if (task_.last_status == "ACTIVATING") {
      run_now();
    } else if (task_.last_status == "RUNNING") {
      register_missing_targets();
    }
  }

  // Several target groups: the registration is a state of its own (sheet A1).
  void activate() {
    if (view_.bindings.size() > 1) {
      set(task_.last_status, "ACTIVATING");
      register_missing_targets();
      wake_at(now_);
    } else {
      run_now();
    }
  }
  void run_now() {
    set(task_.last_status, "RUNNING");
    if (!task_.started_at) set(task_.started_at, std::optional<Instant>(now_));
    register_missing_targets();
  }

  void register_missing_targets() {
    for (const model::TargetGroupBinding& binding : view_.bindings) {
      const auto group = view_.groups.find(binding.target_group_arn);
      if (group == view_.groups.end() || group->second == nullptr) continue;
      const int port = host_port(binding);
      if (port == 0) continue;
      model::Target target;
      target.group_arn = binding.target_group_arn;
      target.target_id = group->second->target_type == "ip" ? task_.address() : task_.instance_id;
      target.port = port;
      target.address = task_.address();
      target.availability_zone = task_.availability_zone;
      target.task_id = task_.id;
      target.registered_at = now_;
      const bool known = std::any_of(view_.targets.begin(), view_.targets.end(),
                                     [&](const model::Target* present) { return present->key() == target.key(); });
      if (known) continue;
      decision_.events.push_back(
          {TargetEvent::Kind::kRegistered, task_.service_key(), task_.service, target.group_arn, ""});
      decision_.register_targets.push_back(std::move(target));
    }
  }
  int host_port(const model::TargetGroupBinding& binding) const {
    for (const model::Container& container : task_.containers) {
      if (container.name != binding.container_name) continue;
      for (const model::NetworkBinding& bound : container.network_bindings) {
        if (bound.container_port == binding.container_port) return bound.host_port;
      }
    }
    return 0;
  }

  void host_gone() {
    for (model::Container& container : task_.containers) {
      if (container.last_status == "STOPPED") continue;
      container.last_status = "STOPPED";
      if (container.exit_code == std::nullopt) container.reason = text::stop_host_terminated(task_.instance_id);
    }
    end(text::kCodeTermination, text::stop_host_terminated(task_.instance_id));
    finish();
  }

  // Its address answers nothing any more: out of the target groups at once, no drain.
  void ended_by_itself(const model::Container& container) {
    if (task_.started_at || container.exit_code) {
      end(text::kCodeEssentialExited, text::kEssentialExited);
    } else {
      end(text::kCodeFailedToStart, container.reason.empty() ? text::kFailedToStart : container.reason);
    }
    if (!task_.execution_stopped_at) set(task_.execution_stopped_at, std::optional<Instant>(now_));
    remove_targets();
    if (all_containers("STOPPED")) {
      finish();
    } else {
      tell_runtime_to_stop();
    }
  }
  /// Wants it stopped for this cause, unless another came first.
  void end(const std::string& code, const std::string& reason) {
    set(task_.desired_status, "STOPPED");
    if (task_.stop_code.empty()) set(task_.stop_code, code);
    if (task_.stopped_reason.empty()) set(task_.stopped_reason, reason);
  }

  void stop_wanted(bool told) {
    if (!told) {  // the runtime was never asked to start it
      for (model::Container& container : task_.containers) container.last_status = "STOPPED";
      finish();
      return;
    }
    if (all_containers("STOPPED")) {
      finish();
      return;
    }
    if (task_.stop_sent_at) return;
    drain();
    if (options_.aws_order || drained()) tell_runtime_to_stop();
  }

  void drain() {
    if (view_.targets.empty()) return;
    bool began = false;
    for (const model::Target* target : view_.targets) {
      if (target->state == "draining") continue;
      decision_.drain_targets.push_back(target->key());
      decision_.events.push_back(
          {TargetEvent::Kind::kDeregistered, task_.service_key(), task_.service, target->group_arn, ""});
      began = true;
    }
    if (began) {
      decision_.events.push_back(
          {TargetEvent::Kind::kDraining, task_.service_key(), task_.service, "", task_.deployment_id});
    }
    set(task_.last_status, "DEACTIVATING");
    if (!task_.drain_started_at) set(task_.drain_started_at, std::optional<Instant>(now_));
  }
  bool drained() {
    bool done = true;
    for (const model::Target* target : view_.targets) {
      const auto group = view_.groups.find(target->group_arn);
      const Duration delay = group != view_.groups.end() && group->second != nullptr
                                 ? Duration(group->second->deregistration_delay())
                                 : Duration(0);
      const Instant since = target->draining_since.value_or(now_);
      const Instant until = since + pace_(delay);
      if (target->state == "draining" && target->idle) continue;
      if (now_ >= until) continue;
      wake_at(until);
      done = false;
    }
    return done;
  }

  void tell_runtime_to_stop() {
    set(task_.last_status, "STOPPING");
    if (!task_.stopping_at) set(task_.stopping_at, std::optional<Instant>(now_));
    if (task_.stop_sent_at) return;
    set(task_.stop_sent_at, std::optional<Instant>(now_));
    decision_.stop_runtime = true;
  }

  void finish() {
    set(task_.last_status, "STOPPED");
    set(task_.desired_status, "STOPPED");
    set(task_.stopped_at, std::optional<Instant>(now_));
    if (!task_.stopping_at) set(task_.stopping_at, std::optional<Instant>(now_));
    if (task_.started_at && !task_.execution_stopped_at) set(task_.execution_stopped_at, std::optional<Instant>(now_));
    set(task_.health_status, "UNKNOWN");
    decision_.forget_runtime = true;
  }

  void remove_targets() {
    if (removed_) return;
    removed_ = true;
    for (const model::Target* target : view_.targets) {
      decision_.remove_targets.push_back(target->key());
      if (target->state == "draining") continue;  // told when it began to drain
      decision_.events.push_back(
          {TargetEvent::Kind::kDeregistered, task_.service_key(), task_.service, target->group_arn, ""});
    }
  }

  const LifecycleView& view_;
  const Instant now_;
  const Pace pace_;
  const LifecycleOptions& options_;
  model::Task task_;
  bool changed_ = false, removed_ = false;
  TaskDecision decision_;
};

}  // namespace

TaskDecision advance(const LifecycleView& view, Instant now, Pace pace, const LifecycleOptions& options) {
  return Lifecycle(view, now, pace, options).run();
}

std::vector<ServiceMessage> target_events(const std::vector<TargetEvent>& events) {
  using Key = std::tuple<std::string, TargetEvent::Kind, std::string, std::string, std::string>;
  std::map<Key, int> counts;
  for (const TargetEvent& event : events) {
    if (event.service_key.empty()) continue;
    ++counts[{event.service_key, event.kind, event.target_group_arn, event.deployment_id, event.service}];
  }
  std::vector<ServiceMessage> messages;
  for (const auto& [key, count] : counts) {
    const auto& [service_key, kind, group_arn, deployment_id, service] = key;
    switch (kind) {
      case TargetEvent::Kind::kRegistered:
        messages.push_back({service_key, text::registered(service, count, group_arn)});
        break;
      case TargetEvent::Kind::kDeregistered:
        messages.push_back({service_key, text::deregistered(service, count, group_arn)});
        break;
      case TargetEvent::Kind::kDraining:
        messages.push_back({service_key, text::draining(service, deployment_id, count)});
        break;
    }
  }
  return messages;
}

}  // namespace control

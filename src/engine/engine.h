// Closes the gap between what is desired and what is observed: state -> control -> actions -> drivers and balancer ->
// events -> state. Owned by the wiring (cmd), which calls it on the thread that owns the state, and by the simulator.
//
// What always holds:
//  - A tick looks only at what changed or is due, and a second tick at the same time does nothing.
//  - A command goes to a driver only after the decision behind it is durable, so that a crash forgets no task.
//  - After a crash recover() adopts what runs; the rest is an ordinary tick.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "balancer/balancer.h"
#include "base/random.h"
#include "base/time.h"
#include "base/time_zone.h"
#include "control/alarms/alarm.h"
#include "control/autoscaling/service_scaling.h"
#include "control/capacity/instance_lifecycle.h"
#include "control/capacity/node_group.h"
#include "control/capacity/reservation.h"
#include "control/deployment/service_view.h"
#include "control/health/task_lifecycle.h"
#include "control/placement/placement.h"
#include "control/tasks/interface.h"
#include "drivers/driver.h"
#include "engine/alarm_watch.h"
#include "engine/deadlines.h"
#include "engine/measurements.h"
#include "engine/metric_publisher.h"
#include "engine/reach.h"
#include "engine/settings.h"
#include "state/metric_store.h"
#include "state/state.h"

namespace engine {

class Engine {
 public:
  /// All outlive the engine.
  Engine(state::State& state, state::MetricStore& metrics, drivers::Driver& driver, balancer::Balancer& balancer,
         const Clock& clock, Random& random, Settings settings);

  /// Once, before the first tick: adopts tasks and load balancer, repeats commands that may not have arrived.
  void recover();
  /// Decides until nothing is left to decide, commits, and sends the commands when they may go.
  void tick();
  /// When to tick again at the latest; kNever: only after a change.
  Instant next_deadline() const;
  /// Whether anything changed since the last tick.
  bool has_work() const;

  void on(const drivers::Event& event);
  void on(const balancer::Event& event);
  /// The state went back to what is durable: what was reported since is told again; what was decided the next tick
  /// decides anew, for the keys concerned count as changed.
  void on_rolled_back();

  /// `scaleout down`: every task is told to stop, whatever its service wants; the services' records stay.
  void stop_all_tasks();
  /// Tasks that the runtime has been given and that have not ended.
  std::size_t tasks_left() const;

  /// For who computes metrics of the state: see MetricPublisher::add_source.
  MetricPublisher& publisher() { return publisher_; }
  const Measurements& measurements() const { return measurements_; }
  /// What each alarm's last evaluation saw, by name; empty until the first after a start.
  const std::map<std::string, control::Evaluation>& evaluations() const { return evaluations_; }

 private:
  class ClusterNodes;
  struct Dirty {
    std::set<std::string> services, tasks, instances, groups, targets, members, target_groups, listeners;
    std::set<std::string> scalable_targets;
    std::set<std::string> waiting_clusters;  ///< something changed that may make room for tasks that wait there
    bool control_empty() const {
      return services.empty() && tasks.empty() && instances.empty() && groups.empty() && targets.empty() &&
             scalable_targets.empty() && waiting_clusters.empty();
    }
  };

  // engine.cpp: what changed, and the order of a tick
  void collect_changes();
  void last_of_node_may_stop(const model::Task& stopped);
  void collect_due(Instant now);
  void run_control(Instant now);
  void send_to_balancer();
  void purge_stopped_tasks(Instant now);
  void forget_old_history(Instant now);

  // decide.cpp: builds a view for one key, asks control, applies its decision
  void decide_group(const std::string& name, Instant now);
  void drop_old_activities(const std::string& group);
  // capacity_providers.cpp
  std::string capacity_provider_of(const model::Instance& instance, const std::string& cluster) const;
  control::PlacementRequest request_of(const model::Task& task, const model::TaskDefinition& definition) const;
  control::Subnets wanted_subnets(const model::Task& task) const;
  void place_waiting(const std::string& cluster, ClusterNodes& nodes);
  control::Reservation reservation_of(const model::CapacityProvider& provider) const;
  control::TaskNeeds daemons_of_each_node(const std::string& cluster) const;
  bool serves(const std::string& instance) const;
  void protect_instances(const model::CapacityProvider& provider);
  void publish_capacity(MetricPublisher::Minute& minute);
  // scale_groups.cpp
  Instant run_group_schedules(const std::string& group, Instant now);
  void scale_group(const model::AutoScalingGroup& group, Instant now);
  void decide_instance(const std::string& id, Instant now);
  void decide_target(const std::string& key, Instant now, Reach& reach);
  Instant judge_reach(const std::string& key, Instant now, Reach& reach);
  void decide_task(const std::string& id, Instant now);
  void decide_service(const std::string& key, Instant now, ClusterNodes& nodes);
  void apply(const std::string& service_key, const control::ServiceAction& action, Instant now);
  void start_task(const std::string& service_key, const control::StartTask& start, Instant now);
  void stop_task(const control::StopTask& stop);
  std::string free_node_address() const;
  const model::TaskDefinition* definition_of(const model::Task& task) const;

  // decide_alarm.cpp
  void evaluate_alarms(Instant now);
  void alarm_changed(const std::string& name);
  void react_to_alarm(const std::string& action);
  // decide_scaling.cpp
  void collect_scaling_changes();
  void service_of_target_changed(const std::string& service_key);
  void decide_scalable_target(const std::string& key, Instant now);
  control::PolicyView policy_view(const model::ScalingPolicy& policy) const;
  control::AlarmSeen seen_alarm(const model::Alarm& alarm) const;
  int running_tasks(const std::string& service_key) const;
  const TimeZone* zone_of(const std::string& name);
  void note_motion(const std::string& target);
  void drop_old_target_activities(const std::string& target, Instant now);

  // observe.cpp: what drivers and balancer report
  void on_container(const std::string& task_id, const std::string& container,
                    const std::function<void(model::Task&, model::Container&)>& change);
  void forget_orphan(const drivers::ContainerExited& exited);
  void note_stopped_tasks();

  void set_node(const model::Instance& instance);
  void send_start(const model::Task& task);
  /// Runs when the transaction that this tick commits is durable.
  void after_commit(std::function<void()> command) { outbox_.push_back(std::move(command)); }

  state::State& state_;
  state::MetricStore& metrics_;
  drivers::Driver& driver_;
  balancer::Balancer& balancer_;
  const Clock& clock_;
  Random& random_;
  Settings settings_;

  /// Reports that changed the state: each comes but once, so it is kept until the commit that has it is durable.
  using Report = std::variant<drivers::Event, balancer::Event>;
  std::vector<Report> reports_;         ///< since the last commit
  std::vector<Report> undone_reports_;  ///< of commits that were refused

  Dirty dirty_;
  bool shutting_down_ = false;  ///< no decisions any more, only ends
  Deadlines service_deadlines_, task_deadlines_, instance_deadlines_, group_deadlines_, target_deadlines_;
  Deadlines scaling_deadlines_;
  AlarmWatch alarms_;
  Instant started_at_;
  Instant history_due_{};  ///< when alarms' history is looked through for what is too old
  std::map<std::string, control::Evaluation> evaluations_;  ///< by alarm: in memory, the next evaluation makes it anew
  std::map<std::string, std::set<std::string>> waiting_for_capacity_;  ///< cluster -> services
  std::set<std::string> targets_in_motion_;  ///< scalable targets with an activity in progress
  std::map<std::string, std::optional<TimeZone>> zones_;  ///< as asked for; nothing: unknown here
  std::vector<control::TargetEvent> target_events_;
  std::vector<std::function<void()>> outbox_;
  std::set<std::string> held_back_;  ///< tasks whose start was on its way to the disk when all were told to stop
  std::set<std::pair<Instant, std::string>> stopped_tasks_;            ///< by the time they stopped
  std::map<std::string, std::set<std::string>> orphans_;  ///< running, but unknown to the state: task -> its containers left
  Measurements measurements_;
  MetricPublisher publisher_;
};

}  // namespace engine

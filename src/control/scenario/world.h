// A virtual world for tests: holds records as the engine does, applies every decision of this room, and answers for
// runtime and balancer after given delays. Prints what happens. Test code only (tests and golden scenarios).
// Checks after every settled moment: a full pass decides nothing more than the changed-key pass did, no deadline is
// left in the past, no node is overbooked, starts stay under `upper`, stops never take healthy tasks below `lower`.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "control/capacity/instance_lifecycle.h"
#include "control/capacity/node_group.h"
#include "control/deployment/service_scheduler.h"
#include "control/health/task_lifecycle.h"

namespace control::testing {

/// How the tasks of one task definition behave.
struct Behaviour {
  bool cannot_pull = false;           ///< ends before RUNNING
  std::optional<Duration> exits;      ///< by itself, this long after its start
  bool never_healthy = false;         ///< its targets become unhealthy
  Duration start = seconds(2);        ///< PENDING to running containers
  Duration healthy = seconds(5);      ///< registration to first passed probe
};

class World final : public Surroundings {
 public:
  explicit World(std::uint64_t seed = 1);

  Pace pace;
  Random random;
  Instant now = instant_from_ms(1'700'000'000'000);
  LifecycleOptions lifecycle;
  Duration drain = seconds(3);       ///< draining to idle
  Duration shutdown = seconds(1);    ///< SIGTERM to exit
  Duration boot = seconds(30);
  std::map<std::string, Behaviour> behaviour;  ///< by task definition ARN
  std::vector<std::string> timeline;
  std::vector<std::string> failures;  ///< broken invariants; tests expect none
  bool verbose_tasks = false;
  std::uint64_t reconciles = 0;
  /// Points in time at which something happened. Above the limit something is done and undone for ever: a failure.
  std::uint64_t moments = 0;
  static constexpr std::uint64_t kMostMoments = 5000;

  std::map<std::string, model::TaskDefinition> definitions;
  std::map<std::string, model::Cluster> clusters;
  std::map<std::string, model::Service> services;
  std::map<std::string, model::Task> tasks;
  std::map<std::string, model::Target> targets;
  std::map<std::string, model::TargetGroup> groups;
  std::map<std::string, model::ContainerInstance> nodes_by_id;
  std::map<std::string, model::Instance> instances;
  std::map<std::string, model::AutoScalingGroup> node_groups;
  std::map<std::string, model::LaunchTemplate> templates;
  std::map<std::string, model::ScalingActivity> activities;
  std::map<std::string, model::Subnet> subnets;
  int addresses = 100;  ///< that tasks may have of their own, all together

  // Requests, as the services' handlers would make them.
  void add_nodes(int count, const std::string& type, const std::vector<std::string>& zones);
  void add_definition(const std::string& name, CpuUnits cpu, MiB memory, const Behaviour& behaves, int static_port = 0,
                      bool container_check = false);
  model::Service& add_service(model::Service service, const std::string& definition, int target_groups);
  void deploy(const std::string& service, const std::string& definition);
  void set_desired(const std::string& service, int desired);
  void delete_service(const std::string& service);
  void drain_node(int number);
  void lose_node(int number);
  void touch_service(const std::string& key) { dirty_services_.insert(key); }
  void touch_task(const std::string& id) { dirty_tasks_.insert(id); }
  void touch_group(const std::string& name) { dirty_groups_.insert(name); }
  void touch_instance(const std::string& id) { dirty_instances_.insert(id); }

  // What befalls tasks: "T3" or an id.
  model::Task& task(const std::string& name);
  void crash(const std::string& name, int exit_code = 1);
  void make_unhealthy(const std::string& name);

  /// Lets everything happen that is due until then.
  void run_for(Duration duration);
  void settle();
  void note(const std::string& line);
  std::string alias(const std::string& id);
  /// Replaces ids by their short names.
  std::string shorten(std::string text);

  // Surroundings
  const model::TaskDefinition* task_definition(const std::string& arn) override;
  const model::Subnet* subnet(const std::string& id) override;
  int addresses_left() override;
  std::vector<NodeView>& nodes() override;

 private:
  void after(Duration delay, std::function<void()> action) { agenda_.emplace(now + delay, std::move(action)); }
  ServiceView view_of(const model::Service& service);
  LifecycleView view_of(const model::Task& task);
  InstanceView view_of(const model::Instance& instance);
  GroupView view_of(const model::AutoScalingGroup& group);
  void reconcile_service(const std::string& key);
  void apply(const std::string& key, const StartTask& action);
  void advance_task(const std::string& id);
  void advance_node(const std::string& id);
  void advance_group(const std::string& name);
  void runtime_start(const std::string& id);
  void runtime_stop(const std::string& id);
  void registered(const std::string& key);
  void exit_containers(const std::string& id, std::optional<int> exit_code, const std::string& reason);
  void task_changed(const model::Task& task);
  void node_changed();
  void check();
  void check_deadlines();
  void summarise();
  int healthy_tasks(const std::string& key);

  Instant start_;
  std::multimap<Instant, std::function<void()>> agenda_;
  std::set<std::string> dirty_services_, dirty_tasks_, dirty_groups_, dirty_instances_, waiting_;
  std::map<std::string, Instant> service_deadlines_, task_deadlines_, instance_deadlines_;
  std::vector<TargetEvent> target_events_;
  std::vector<NodeView> nodes_;
  std::map<std::string, std::string> aliases_, ids_;
  std::map<std::string, std::string> last_summary_;
  int next_deployment_ = 1, next_port_ = 32768, tasks_made_ = 0, nodes_made_ = 0;
};

}  // namespace control::testing

// One pass over one service: its tasks sorted out by health and deployment, and the actions decided so far. Internal to
// deployment/: replica and daemon scheduling, rollout bookkeeping and the circuit breaker all work on it.
// Always holds: entries show the world as it will be once the actions so far are applied.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "base/random.h"
#include "control/deployment/service_view.h"
#include "control/placement/placement.h"
#include "control/tasks/interface.h"

namespace control {

/// Where a task stands, as its service's scheduler sees it.
struct Entry {
  const model::Task* task = nullptr;  ///< null: started in this pass
  const TaskView* view = nullptr;
  std::string task_id, deployment_id, node, zone;  ///< node empty: it waits for one
  std::string provider;                            ///< its capacity provider
  bool wanted = true;
  bool running = false;
  bool healthy = false;       ///< counts toward `lower` (sheet A3)
  bool unhealthy = false;     ///< failed a health check, and not in its grace period: to be replaced
  bool node_draining = false;
  bool is_protected = false;
  const model::Target* bad_target = nullptr;

  /// Wanted, good or on the way there, on a node that stays.
  bool keeps() const { return wanted && !unhealthy && !node_draining; }
  bool coming() const { return wanted && !healthy && !unhealthy; }
};

class ServicePass {
 public:
  ServicePass(const ServiceView& view, Instant now, Pace pace, Random& random);

  const ServiceView& view;
  const Instant now;
  const Pace pace;
  Random& random;
  model::Service service;      ///< as it will be
  bool changed = false;        ///< service differs from the view's
  std::vector<Entry> entries;  ///< tasks that are not STOPPED, and those started in this pass

  model::Deployment* deployment(const std::string& id);
  bool primary(const Entry& entry) const { return entry.deployment_id == service.deployments.front().id; }
  int count(const std::function<bool(const Entry&)>& holds) const;

  /// Sets a field of `service`.
  template <class T, class U>
  void set(T& field, U&& value) {
    if (field == value) return;
    field = std::forward<U>(value);
    changed = true;
  }

  void stop(Entry& entry, const std::string& reason);
  /// Stops it as unhealthy: event, reason, and a failure of its deployment.
  void stop_unhealthy(Entry& entry);
  /// Places and starts up to `wanted` tasks of a deployment; says how many. A refusal is announced.
  int start(const model::Deployment& deployment, int wanted);
  /// Starts one on this very node (DAEMON), if it fits there.
  bool start_on(const model::Deployment& deployment, NodeView& node);

  void act(ServiceAction action) { actions_.push_back(std::move(action)); }
  void event(const std::string& message) { act(EmitEvent{message}); }
  /// A condition that holds now: its event is written once, and again after 6 h.
  void announce(const std::string& condition, const std::string& message);
  /// The condition was not looked at in this pass: what was announced stays so.
  void keep_announced(const std::string& condition) { holding_.insert(condition); }
  void wake_at(Instant at) { if (at > now && at < next_deadline_) next_deadline_ = at; }

  /// Of a network configuration, those that exist.
  Subnets subnets_of(const model::NetworkConfiguration& network) const;
  /// Of the cluster, as they will be. Asked of the surroundings once: they need not show what this pass has started.
  std::vector<NodeView>& nodes();
  /// Tasks told to stop that have not ended: what they take is soon free.
  bool stopping() const;
  ServiceDecision finish();

 private:
  /// What a start of a deployment's tasks goes by: the PRIMARY's is what the service has now.
  struct Launch {
    const model::Deployment& owner;
    const std::vector<model::CapacityShare>& strategy;
    bool serverless = false;
    PlacementRequest request;
    const model::NetworkConfiguration* network = nullptr;  ///< null: tasks share the network of their node
    Subnets subnets;
  };

  void classify(const TaskView& task_view);
  bool checks_containers(const std::string& definition_arn);
  Launch launch_of(const model::Deployment& deployment, const model::TaskDefinition& definition);
  /// How many of `wanted` tasks can have an address of their own; what stands in the way is announced.
  int with_addresses(const Launch& launch, int wanted);
  std::map<std::string, int> kept_by_provider(const std::string& deployment_id) const;
  int start_serverless(const Launch& launch, int wanted);
  int start_by_strategy(const Launch& launch, int wanted);
  void started(const Launch& launch, const NodeView* node, const std::string& provider,
               const model::Subnet* subnet = nullptr);
  void refused(const Refusal& refusal);
  void unable_to_place(const std::string& message);

  std::vector<NodeView>* nodes_ = nullptr;
  std::vector<ServiceAction> actions_;
  std::vector<std::string> started_, stopped_;
  std::set<std::string> holding_;
  Instant next_deadline_ = kNever;
  bool waits_for_capacity_ = false;
  int waiting_ = 0;        ///< started in this pass without a node
  int interfaces_ = 0;     ///< given to tasks started in this pass
  std::string checks_of_;  ///< the definition last asked for: a service's tasks come with one or two
  bool checks_ = false;
};

/// Bindings of a deployment: the service's own for the PRIMARY, else those it was made with.
const std::vector<model::TargetGroupBinding>& bindings_of(const model::Service& service,
                                                          const std::string& deployment_id);

}  // namespace control

#include "control/deployment/service_pass.h"

#include <algorithm>

#include "control/capacity/capacity_strategy.h"
#include "control/deployment/service_events.h"
#include "control/deployment/service_scheduler.h"
#include "control/health/container_health.h"

namespace control {
namespace {
constexpr Duration kRepeatEvent = hours(6);          // sheet A7
constexpr Duration kRetryPlacement = seconds(10);    // AWS's own granularity; the engine also wakes it on new room
}  // namespace

const std::vector<model::TargetGroupBinding>& bindings_of(const model::Service& service,
                                                          const std::string& deployment_id) {
  for (std::size_t i = 1; i < service.deployments.size(); ++i) {
    if (service.deployments[i].id == deployment_id) return service.deployments[i].load_balancers;
  }
  return service.load_balancers;
}

ServicePass::ServicePass(const ServiceView& view, Instant now, Pace pace, Random& random)
    : view(view), now(now), pace(pace), random(random), service(*view.service) {
  entries.reserve(view.tasks.size());
  for (const TaskView& task_view : view.tasks) classify(task_view);
}

bool ServicePass::checks_containers(const std::string& definition_arn) {
  if (definition_arn != checks_of_) {
    const model::TaskDefinition* definition = view.surroundings->task_definition(definition_arn);
    checks_ = definition != nullptr && has_container_checks(*definition);
    checks_of_ = definition_arn;
  }
  return checks_;
}

void ServicePass::classify(const TaskView& task_view) {
  const model::Task& task = *task_view.task;
  Entry entry{&task,       &task_view,     task.id, task.deployment_id, task.container_instance, task.availability_zone,
              task.capacity_provider,   task.wanted()};
  entry.running = task.last_status == "RUNNING";
  entry.node_draining = task_view.node_draining;
  entry.is_protected = task.protected_until && *task.protected_until > now;
  if (entry.wanted && entry.running) {
    const Instant started_at = task.started_at.value_or(now);
    const auto& bindings = bindings_of(service, task.deployment_id);
    const bool checked = checks_containers(task.task_definition_arn);
    bool failing = checked && task.health_status == "UNHEALTHY";
    std::size_t healthy_targets = 0;
    for (const model::Target* target : task_view.targets) {
      if (target->state == "healthy") ++healthy_targets;
      if (target->state == "unhealthy" && entry.bad_target == nullptr) entry.bad_target = target;
    }
    failing = failing || entry.bad_target != nullptr;
    if (bindings.empty() && !checked) {
      const Instant ready = started_at + pace(kUncheckedHealthyAfter);
      entry.healthy = now >= ready;
      wake_at(ready);
    } else {
      entry.healthy = !failing && healthy_targets >= bindings.size() && (!checked || task.health_status == "HEALTHY");
    }
    const Instant grace_end = started_at + pace(seconds(service.health_check_grace_period));
    entry.unhealthy = failing && now >= grace_end;
    if (failing) wake_at(grace_end);
  }
  entries.push_back(entry);
}

model::Deployment* ServicePass::deployment(const std::string& id) {
  for (model::Deployment& candidate : service.deployments) {
    if (candidate.id == id) return &candidate;
  }
  return nullptr;
}

int ServicePass::count(const std::function<bool(const Entry&)>& holds) const {
  return static_cast<int>(std::count_if(entries.begin(), entries.end(), holds));
}

std::vector<NodeView>& ServicePass::nodes() {
  if (nodes_ == nullptr) nodes_ = &view.surroundings->nodes();
  return *nodes_;
}

bool ServicePass::stopping() const {
  return std::any_of(entries.begin(), entries.end(), [](const Entry& entry) { return !entry.wanted; });
}

void ServicePass::stop(Entry& entry, const std::string& reason) {
  entry.wanted = false;
  stopped_.push_back(entry.task_id);
  act(StopTask{entry.task_id, text::kCodeScheduler, reason});
}

void ServicePass::stop_unhealthy(Entry& entry) {
  std::string reason = text::kStopContainerUnhealthy;
  if (const model::Target* target = entry.bad_target; target != nullptr) {
    reason = text::stop_target_unhealthy(target->group_arn);
    event(target->target_id.starts_with("i-")
              ? text::unhealthy_instance(service.name, target->target_id, target->port, target->group_arn,
                                         target->description)
              : text::unhealthy_task(service.name, entry.task_id, target->port, target->group_arn,
                                     target->description));
  }
  if (model::Deployment* owner = deployment(entry.deployment_id)) {
    set(owner->failed_tasks, owner->failed_tasks + 1);
    // An older revision whose task never got healthy gives up its place, or it would be restored for ever.
    if (owner->status == "ACTIVE" && owner->desired_count > 0 && entry.task != nullptr && !entry.task->first_healthy_at) {
      set(owner->desired_count, owner->desired_count - 1);
    }
  }
  stop(entry, reason);
}

void ServicePass::started(const Launch& launch, const NodeView* node, const std::string& provider,
                          const model::Subnet* subnet) {
  Entry entry;
  entry.task_id = random.hex(32);
  entry.deployment_id = launch.owner.id;
  entry.provider = provider;
  if (node != nullptr) {
    entry.node = node->instance->id;
    entry.zone = node->instance->availability_zone;
    if (launch.network != nullptr) subnet = subnet_in(launch.subnets, entry.zone);
  } else if (subnet != nullptr) {
    entry.zone = subnet->availability_zone;
  }
  StartTask start{.task_id = entry.task_id,
                  .deployment_id = launch.owner.id,
                  .task_definition_arn = launch.owner.task_definition_arn,
                  .node = node != nullptr ? node->instance : nullptr,
                  .capacity_provider = provider,
                  .needs = launch.request.needs,
                  .subnet = subnet};
  if (launch.serverless) start.launch_type = "FARGATE";
  if (launch.network != nullptr) start.network = *launch.network;
  interfaces_ += launch.network != nullptr;
  started_.push_back(entry.task_id);
  act(std::move(start));
  entries.push_back(std::move(entry));
}

void ServicePass::refused(const Refusal& refusal) {
  unable_to_place(text::prefixed(service.name, refusal.event_text()));
}

void ServicePass::unable_to_place(const std::string& message) {
  waits_for_capacity_ = true;
  wake_at(now + pace(kRetryPlacement));
  // What the service's own stopping tasks hold is about to be free: no reason to complain yet.
  if (stopping()) {
    keep_announced("placement");
  } else {
    announce("placement", message);
  }
}

Subnets ServicePass::subnets_of(const model::NetworkConfiguration& network) const {
  Subnets found;
  for (const std::string& id : network.subnets) {
    if (const model::Subnet* subnet = view.surroundings->subnet(id)) found.push_back(subnet);
  }
  return found;
}

ServicePass::Launch ServicePass::launch_of(const model::Deployment& owner, const model::TaskDefinition& definition) {
  const bool current = owner.id == service.deployments.front().id;
  Launch launch{owner, current ? service.capacity_strategy : owner.capacity_strategy};
  launch.serverless = model::runs_on_fargate(current ? service.launch_type : owner.launch_type, launch.strategy);
  launch.request = placement_request("service:" + service.name, definition,
                                     current ? service.placement_constraints : owner.placement_constraints,
                                     current ? service.placement_strategies : owner.placement_strategies);
  if (definition.network_mode == "awsvpc") {
    launch.network = current ? &service.network : &owner.network;
    launch.subnets = subnets_of(*launch.network);
    if (!launch.subnets.empty()) launch.request.constraints.push_back(confinement(launch.subnets));
  }
  return launch;
}

int ServicePass::with_addresses(const Launch& launch, int wanted) {
  if (launch.network == nullptr) return wanted;
  if (launch.subnets.empty()) {  // of an older engine, or deleted since
    unable_to_place(text::unable_to_place(service.name, text::kNoSubnet));
    return 0;
  }
  const int left = std::max(0, view.surroundings->addresses_left() - interfaces_);
  if (left < wanted) unable_to_place(text::unable_to_place(service.name, text::kNoAddress));
  return std::min(wanted, left);
}

int ServicePass::start(const model::Deployment& owner, int wanted) {
  const model::TaskDefinition* definition = view.surroundings->task_definition(owner.task_definition_arn);
  if (definition == nullptr || wanted <= 0) return 0;
  const Launch launch = launch_of(owner, *definition);
  wanted = with_addresses(launch, wanted);
  if (launch.serverless) return start_serverless(launch, wanted);
  if (!launch.strategy.empty()) return start_by_strategy(launch, wanted);
  Placer placer(launch.request, nodes(), random);
  int done = 0;
  while (done < wanted) {
    const auto node = placer.place();
    if (!node) {
      refused(node.error());
      break;
    }
    started(launch, &nodes()[*node], {});
    ++done;
  }
  return done;
}

// Sheet C: a base is of the tasks that stay. Those of the revision that this one replaces would meet it and then go.
std::map<std::string, int> ServicePass::kept_by_provider(const std::string& deployment_id) const {
  std::map<std::string, int> tasks;
  for (const Entry& entry : entries) tasks[entry.provider] += entry.keeps() && entry.deployment_id == deployment_id;
  return tasks;
}

// Fargate spreads a service over the zones of its subnets, and has always room.
int ServicePass::start_serverless(const Launch& launch, int wanted) {
  std::map<std::string, int> by_provider = kept_by_provider(launch.owner.id), by_zone;
  for (const Entry& entry : entries) by_zone[entry.zone] += entry.wanted;
  for (int done = 0; done < wanted; ++done) {
    const std::string provider = launch.strategy.empty() ? "" : choose_provider(launch.strategy, by_provider);
    const model::Subnet* subnet = least_used(launch.subnets, by_zone);
    started(launch, nullptr, provider, subnet);
    ++by_provider[provider];
    ++by_zone[subnet->availability_zone];
  }
  return wanted;
}

// Sheet G: a task that finds no room on its provider's nodes waits for one instead of failing its placement.
int ServicePass::start_by_strategy(const Launch& launch, int wanted) {
  std::map<std::string, int> tasks = kept_by_provider(launch.owner.id);
  std::map<std::string, Placer> placers;
  for (int done = 0; done < wanted; ++done) {
    const std::string provider = choose_provider(launch.strategy, tasks);
    if (provider.empty()) return done;
    auto placer = placers.find(provider);
    if (placer == placers.end()) {
      PlacementRequest its = launch.request;
      its.capacity_provider = provider;
      placer = placers.emplace(provider, Placer(std::move(its), nodes(), random)).first;
    }
    const auto node = placer->second.place();
    if (!node && view.surroundings->waiting_tasks() + waiting_ >= kMostWaitingTasks) {
      waits_for_capacity_ = true;
      wake_at(now + pace(kRetryPlacement));
      announce("placement", text::too_many_waiting(service.name));
      return done;
    }
    started(launch, node ? &nodes()[*node] : nullptr, provider);
    waiting_ += !node;
    ++tasks[provider];
  }
  return wanted;
}

bool ServicePass::start_on(const model::Deployment& owner, NodeView& node) {
  const model::TaskDefinition* definition = view.surroundings->task_definition(owner.task_definition_arn);
  if (definition == nullptr) return false;
  const Launch launch = launch_of(owner, *definition);
  if (with_addresses(launch, 1) == 0) return false;
  std::vector<NodeView> only{node};
  const auto placed = place({launch.request.group, launch.request.needs, {}, {}}, only, random);
  if (!placed) {
    refused(placed.error());
    return false;
  }
  node = only.front();
  started(launch, &node, {});
  return true;
}

void ServicePass::announce(const std::string& condition, const std::string& message) {
  holding_.insert(condition);
  const auto known = service.announced.find(condition);
  if (known != service.announced.end() && now < known->second + pace(kRepeatEvent)) {
    wake_at(known->second + pace(kRepeatEvent));
    return;
  }
  service.announced[condition] = now;
  changed = true;
  event(message);
  wake_at(now + pace(kRepeatEvent));
}

ServiceDecision ServicePass::finish() {
  const auto forgotten =
      std::erase_if(service.announced, [&](const auto& known) { return !holding_.contains(known.first); });
  if (forgotten > 0) changed = true;
  // Tell of stops before starts, both before what follows from them (completed, steady) in the next passes.
  if (!stopped_.empty()) event(text::stopped(service.name, stopped_));
  if (!started_.empty()) event(text::started(service.name, started_));
  if (changed) act(UpdateService{service});
  return {std::move(actions_), next_deadline_, waits_for_capacity_};
}

}  // namespace control

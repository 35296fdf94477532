#include "control/capacity/instance_lifecycle.h"

#include <algorithm>

#include "control/deployment/service_events.h"
#include "model/instance_type.h"

namespace control {
namespace {

constexpr Duration kShowTerminated = hours(1);  // EC2 lists a terminated instance for about an hour
// Nodes of an unknown type register like the smallest one that the documentation uses.
constexpr const char* kFallbackType = "t2.micro";

model::ContainerInstance joined(const model::Instance& instance, const model::Cluster& cluster, const Account& account,
                                Instant now, Random& random) {
  const model::InstanceType* type = model::find_instance_type(instance.instance_type);
  if (type == nullptr) type = model::find_instance_type(kFallbackType);
  model::ContainerInstance node;
  node.id = random.hex(32);
  node.cluster = cluster.name;
  node.arn = make_arn(account, "ecs", "container-instance/" + cluster.name + "/" + node.id);
  node.instance_id = instance.id;
  node.availability_zone = instance.availability_zone;
  node.address = instance.address;
  node.cpu = {type->vcpus * 1024};
  node.memory = type->registered;
  node.registered_at = now;
  node.attributes = {{"ecs.ami-id", instance.image_id},
                     {"ecs.availability-zone", instance.availability_zone},
                     {"ecs.instance-type", instance.instance_type},
                     {"ecs.os-type", "linux"},
                     {"ecs.os-family", "LINUX"},
                     {"ecs.cpu-architecture", "x86_64"},
                     {"ecs.vpc-id", instance.vpc_id},
                     {"ecs.subnet-id", instance.subnet_id}};
  return node;
}

}  // namespace

InstanceDecision advance_instance(const InstanceView& view, Duration boot_delay, const Account& account, Instant now,
                                  Pace pace, Random& random) {
  InstanceDecision decision;
  model::Instance instance = *view.instance;
  bool changed = false;

  if (instance.state == "pending") {
    const Instant up = instance.launched_at + pace(boot_delay);
    if (now < up) {
      decision.next_deadline = up;
      return decision;
    }
    instance.state = "running";
    changed = true;
  }
  if (instance.state == "running" && view.cluster != nullptr && view.container_instance == nullptr &&
      view.cluster->status == "ACTIVE") {
    decision.container_instance = joined(instance, *view.cluster, account, now, random);
    decision.container_instance->capacity_provider = view.capacity_provider;
  }
  // ECS managed draining (sheet G): the hook holds the instance until its tasks are gone.
  if (instance.lifecycle_state == "Terminating:Wait" && instance.hooks.contains(kDrainingHook)) {
    if (view.container_instance != nullptr && view.container_instance->status == "ACTIVE") {
      decision.container_instance = *view.container_instance;
      decision.container_instance->status = "DRAINING";
      ++decision.container_instance->version;
    }
    if (view.tasks.empty()) {
      instance.hooks.erase(kDrainingHook);
      changed = true;
    }
  }
  if (instance.state == "shutting-down") {
    if (view.container_instance != nullptr && view.container_instance->status == "ACTIVE") {
      decision.container_instance = *view.container_instance;
      decision.container_instance->status = "DRAINING";  // nothing new is placed on a node that goes
      ++decision.container_instance->version;
    }
    if (!instance.shutdown_at) {
      instance.shutdown_at = now;
      changed = true;
    }
    const Instant hand_over = *instance.shutdown_at + pace(kHandOverLimit);
    for (const model::Task* task : view.tasks) {
      if (!task->wanted() || (!task->service.empty() && now < hand_over)) continue;
      decision.stop_tasks.push_back({task->id, text::kCodeTermination, text::stop_host_terminated(instance.id)});
    }
    const Instant limit = *instance.shutdown_at + pace(kTerminationLimit);
    if (view.tasks.empty() || now >= limit) {
      instance.state = "terminated";
      instance.terminated_at = now;
      changed = true;
    } else {
      decision.next_deadline = now < hand_over ? hand_over : limit;
    }
  }
  if (instance.state == "terminated") {
    if (view.container_instance != nullptr) {
      decision.leaves_cluster = true;
      decision.container_instance.reset();
    }
    const Instant gone = instance.terminated_at.value_or(now) + kShowTerminated;
    decision.remove = now >= gone;
    if (now < gone) decision.next_deadline = gone;
  }
  if (changed) decision.record = instance;
  return decision;
}

}  // namespace control

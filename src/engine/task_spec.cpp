#include "engine/task_spec.h"

namespace engine {

namespace {

// The cgroup parent of tasks that have no node: it has no limits of its own, each task has its.
constexpr const char* kFargate = "fargate";

drivers::HealthCheck health_check(const model::ContainerHealthCheck& given, const Pace& pace) {
  drivers::HealthCheck check;
  check.command = given.command;
  check.interval = pace(seconds(given.interval));
  check.timeout = seconds(given.timeout);  // a real program runs in it: not scaled
  check.start_period = pace(seconds(given.start_period));
  check.retries = given.retries;
  return check;
}

drivers::ContainerSpec container_spec(const model::ContainerDefinition& given, const model::Container* record,
                                      const Pace& pace) {
  drivers::ContainerSpec spec;
  spec.name = given.name;
  spec.image = given.image;
  spec.entry_point = given.entry_point;
  spec.command = given.command;
  spec.environment = given.environment;
  spec.working_directory = given.working_directory;
  spec.user = given.user;
  spec.essential = given.essential;
  spec.read_only_root = given.read_only_root;
  spec.cpu = given.cpu;
  spec.memory = given.memory;
  spec.memory_reservation = given.memory_reservation;
  if (record) {
    spec.manifest_digest = record->image_digest;
    for (const model::NetworkBinding& binding : record->network_bindings) {
      spec.ports.push_back({binding.container_port, binding.bind_ip, binding.host_port, binding.protocol});
    }
  }
  for (const model::ContainerDependency& dependency : given.depends_on) {
    spec.depends_on.push_back({dependency.container_name, dependency.condition});
  }
  if (given.health_check) spec.health_check = health_check(*given.health_check, pace);
  // Time the program itself needs, like a request in flight, is not scaled.
  if (given.stop_timeout) spec.stop_timeout = seconds(*given.stop_timeout);
  if (given.start_timeout) spec.start_timeout = seconds(*given.start_timeout);
  return spec;
}

}  // namespace

drivers::TaskSpec task_spec(const model::Task& task, const model::TaskDefinition& definition, const Pace& pace) {
  drivers::TaskSpec spec;
  spec.task_id = task.id;
  spec.task_arn = task.arn;
  spec.node_id = task.serverless() ? kFargate : task.instance_id;
  spec.node_address = task.node_address;
  if (definition.cpu) spec.cpu = *definition.cpu;
  spec.memory = definition.memory;
  spec.network_mode = definition.network_mode;
  for (const model::ContainerDefinition& container : definition.containers) {
    const model::Container* record = nullptr;
    for (const model::Container& candidate : task.containers) {
      if (candidate.name == container.name) record = &candidate;
    }
    spec.containers.push_back(container_spec(container, record, pace));
    // As the ECS agent labels what it starts; the runtime adds the task's ARN and the container's name.
    std::map<std::string, std::string>& labels = spec.containers.back().labels;
    labels["com.amazonaws.ecs.cluster"] = task.cluster;
    labels["com.amazonaws.ecs.task-definition-family"] = definition.family;
    labels["com.amazonaws.ecs.task-definition-version"] = std::to_string(definition.revision);
  }
  return spec;
}

}  // namespace engine

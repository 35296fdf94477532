#include "services/ecs/fargate.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/document.h"

namespace services::ecs {

namespace {

constexpr int kMostStorage = 200, kLeastStorage = 21;  // GiB of ephemeralStorage, where it is given
constexpr int kMostStopTimeout = 120;                        // seconds

/// AWS's table of task sizes: for so much cpu, memory from, to, in steps of (MiB). The smallest has three sizes only.
struct Size {
  int cpu, from, to, step;
};
constexpr Size kSizes[] = {{256, 512, 1024, 512},      {256, 2048, 2048, 1},        {512, 1024, 4096, 1024},
                           {1024, 2048, 8192, 1024},   {2048, 4096, 16384, 1024},   {4096, 8192, 30720, 1024},
                           {8192, 16384, 61440, 4096}, {16384, 32768, 122880, 8192}};

bool is_size(std::int64_t cpu, std::int64_t memory) {
  return std::ranges::any_of(kSizes, [&](const Size& size) {
    return cpu == size.cpu && memory >= size.from && memory <= size.to && (memory - size.from) % size.step == 0;
  });
}

tl::unexpected<Error> refuse(std::string what) { return fail("ClientException", std::move(what)); }
tl::unexpected<Error> unsupported(const char* what) {
  return refuse(fmt::format("Fargate compatible task definitions do not support {}.", what));
}

Result<void> check_size(const model::TaskDefinition& definition) {
  if (!definition.cpu) return refuse("Fargate requires that 'cpu' be defined at the task level.");
  if (!definition.memory) return refuse("Fargate requires that 'memory' be defined at the task level.");
  if (!is_size(definition.cpu->value, definition.memory->value)) {
    return refuse(
        fmt::format("No Fargate configuration exists for given values: {} CPU, {} memory. See the Amazon ECS "
                    "documentation for the valid values.",
                    definition.cpu->value, definition.memory->value));
  }
  CpuUnits sum;
  for (const model::ContainerDefinition& container : definition.containers) sum += container.cpu;
  if (sum > *definition.cpu) {
    return refuse(fmt::format("The containers' 'cpu' settings together ({}) are greater than for the task ({}).",
                              sum.value, definition.cpu->value));
  }
  return {};
}

Result<void> check_execution_role(const op::RegisterTaskDefinition::Input& in,
                                  const model::TaskDefinition& definition) {
  if (!definition.execution_role_arn.empty()) return {};
  const std::string needed = "Fargate requires task definition to have execution role ARN to support ";
  for (const model::ContainerDefinition& container : definition.containers) {
    if (container.image.find(".dkr.ecr.") != std::string::npos) return refuse(needed + "ECR images.");
    if (container.log_driver == "awslogs") return refuse(needed + "log driver awslogs.");
  }
  for (const auto& container : *in.container_definitions) {
    if (container.secrets && !container.secrets->empty()) {
      return refuse("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.");
    }
  }
  return {};
}

Result<void> check_fargate_volumes(const op::RegisterTaskDefinition::Input& in) {
  for (const auto& volume : in.volumes.value_or(std::vector<api::ecs::Volume>())) {
    if (volume.host && volume.host->source_path) return unsupported("sourcePath");
    if (volume.docker_volume_configuration) return unsupported("dockerVolumeConfiguration");
  }
  return {};
}

}  // namespace

Result<void> check_network_mode(const op::RegisterTaskDefinition::Input& in, const std::string& network_mode) {
  if (network_mode != "awsvpc" && network_mode != "host") return {};
  for (const auto& container : *in.container_definitions) {
    if (network_mode == "awsvpc" && container.links && !container.links->empty()) {
      return refuse("Links are not supported when networkMode=awsvpc.");
    }
    for (const auto& port : container.port_mappings.value_or(std::vector<api::ecs::PortMapping>())) {
      if (port.host_port.value_or(0) == 0 || *port.host_port == port.container_port.value_or(0)) continue;
      return refuse(fmt::format("When networkMode={}, the host ports and container ports in port mappings must match.",
                                network_mode));
    }
  }
  return {};
}

Result<void> check_fargate(const op::RegisterTaskDefinition::Input& in, const model::TaskDefinition& definition) {
  if (definition.network_mode != "awsvpc") return refuse("Fargate only supports network mode ‘awsvpc’.");
  TRY_VOID(check_size(definition));
  TRY_VOID(check_execution_role(in, definition));
  if (!definition.placement_constraints.empty()) return unsupported("constraints");
  TRY_VOID(check_fargate_volumes(in));
  if (in.ipc_mode) return unsupported("ipcMode");
  if (in.pid_mode && *in.pid_mode != "task") return unsupported("a pidMode other than task");
  for (const model::ContainerDefinition& container : definition.containers) {
    if (container.stop_timeout.value_or(0) > kMostStopTimeout) {
      return refuse(fmt::format("The stopTimeout of container '{}' must be at most {} seconds on Fargate.",
                                container.name, kMostStopTimeout));
    }
    const std::string& driver = container.log_driver;
    if (!driver.empty() && driver != "awslogs" && driver != "splunk" && driver != "awsfirelens") {
      return refuse(fmt::format("Fargate supports the log drivers awslogs, splunk and awsfirelens, not '{}'.", driver));
    }
  }
  if (!in.ephemeral_storage) return {};
  const int storage = in.ephemeral_storage->size_in_gi_b.value_or(0);
  if (storage < kLeastStorage || storage > kMostStorage) {
    return refuse(fmt::format("The ephemeral storage of {} GiB is out of range: give {} to {} GiB, or none for {} GiB.",
                              storage, kLeastStorage, kMostStorage, kEphemeralStorage));
  }
  return {};
}

Result<void> check_fargate_launch(const FargateLaunch& launch) {
  const auto shown = api::from_document<api::ecs::TaskDefinition>(launch.definition.document);
  const bool fit = launch.definition.cpu && launch.definition.memory && shown.compatibilities &&
                   std::ranges::count(*shown.compatibilities, "FARGATE") > 0;
  if (!fit) {
    return fail("InvalidParameterException", "Task definition does not support launch_type FARGATE.");
  }
  if (launch.constraints) {
    return fail("InvalidParameterException", "Placement constraints are not supported with FARGATE launch type.");
  }
  if (launch.strategies) {
    return fail("InvalidParameterException", "Placement strategies are not supported with FARGATE launch type.");
  }
  return {};
}

Result<std::string> read_platform_version(const std::optional<std::string>& given, bool serverless) {
  if (!serverless) {
    if (!given || given->empty()) return std::string();
    return fail("InvalidParameterException", "The platform version must be null when specifying an EC2 launch type.");
  }
  const std::string version = given.value_or("LATEST");
  if (version != "LATEST" && version != kPlatformVersion) {
    return fail("PlatformUnknownException",
                fmt::format("The specified platform does not exist: '{}'. This engine has {}, which LATEST is.",
                            version, kPlatformVersion));
  }
  return version;
}

}  // namespace services::ecs

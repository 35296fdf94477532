// What Fargate takes and what it does not: task definitions, services, runs. Called by their handlers.
#pragma once

#include "api/ecs.h"
#include "services/context.h"
#include "services/ecs/handlers.h"

namespace services::ecs {

/// The platform version that LATEST is, and the only one there is here.
inline constexpr const char* kPlatformVersion = "1.4.0";
inline constexpr const char* kPlatformFamily = "Linux";
inline constexpr int kEphemeralStorage = 20;  ///< GiB, unless a definition asks for more

/// What a definition's network mode asks of it, whatever it runs on.
Result<void> check_network_mode(const op::RegisterTaskDefinition::Input& in, const std::string& network_mode);
/// Why a definition cannot run on Fargate, in AWS's words. `definition`: what has been read of `in`.
Result<void> check_fargate(const op::RegisterTaskDefinition::Input& in, const model::TaskDefinition& definition);

/// A service or a run on Fargate: its definition must be fit for it, and there is nothing to place.
struct FargateLaunch {
  const model::TaskDefinition& definition;
  bool constraints = false, strategies = false;  ///< any were given
};
Result<void> check_fargate_launch(const FargateLaunch& launch);
/// As it is shown: "LATEST" or "1.4.0"; empty where there is none (EC2).
Result<std::string> read_platform_version(const std::optional<std::string>& given, bool serverless);

}  // namespace services::ecs

#include "services/ssm/public_parameters.h"

#include <fmt/format.h>

#include "model/machine_image.h"

namespace services::ssm {
namespace {

// As the release of these images has them.
constexpr std::string_view kAgentVersion = "1.98.0";
constexpr std::string_view kRuntimeVersion = "Docker version 25.0.11";

struct Recommended {
  std::string_view path, os, name_begins;
};
constexpr Recommended kEcsImages[] = {
    {"amazon-linux-2", "Amazon Linux 2", "amzn2-ami-ecs-hvm-"},
    {"amazon-linux-2/kernel-5.10", "Amazon Linux 2", "amzn2-ami-ecs-hvm-"},
    {"amazon-linux-2023", "Amazon Linux 2023", "al2023-ami-ecs-hvm-"},
};
struct Latest {
  std::string_view path, name_begins;
};
constexpr Latest kLinuxImages[] = {
    {"al2023-ami-kernel-default-x86_64", "al2023-ami-2023."}, {"al2023-ami-kernel-6.1-x86_64", "al2023-ami-2023."},
    {"amzn2-ami-hvm-x86_64-gp2", "amzn2-ami-hvm-2.0."},       {"amzn2-ami-kernel-5.10-hvm-x86_64-gp2", "amzn2-ami-hvm-2.0."},
};

const model::MachineImage* newest(std::string_view name_begins) {
  const model::MachineImage* found = nullptr;
  for (const model::MachineImage& image : model::machine_images()) {
    if (image.name.starts_with(name_begins)) found = &image;
  }
  return found;
}

std::map<std::string, std::string> make() {
  std::map<std::string, std::string> parameters;
  for (const Recommended& kind : kEcsImages) {
    const auto* image = newest(kind.name_begins);
    if (!image) continue;
    const std::string base = fmt::format("/aws/service/ecs/optimized-ami/{}/recommended", kind.path);
    const std::string version(image->creation_date.substr(0, 10));
    parameters[base + "/image_id"] = std::string(image->id);
    parameters[base + "/image_name"] = std::string(image->name);
    parameters[base + "/os"] = std::string(kind.os);
    parameters[base + "/ecs_agent_version"] = std::string(kAgentVersion);
    parameters[base + "/ecs_runtime_version"] = std::string(kRuntimeVersion);
    parameters[base + "/schema_version"] = "1";
    parameters[base] = fmt::format(
        R"({{"ecs_agent_version":"{}","ecs_runtime_version":"{}","image_id":"{}","image_name":"{}",)"
        R"("image_version":"{}","os":"{}","schema_version":1}})",
        kAgentVersion, kRuntimeVersion, image->id, image->name, version, kind.os);
  }
  for (const Latest& kind : kLinuxImages) {
    if (const auto* image = newest(kind.name_begins)) {
      parameters[fmt::format("/aws/service/ami-amazon-linux-latest/{}", kind.path)] = std::string(image->id);
    }
  }
  return parameters;
}

}  // namespace

const std::map<std::string, std::string>& public_parameters() {
  static const std::map<std::string, std::string> parameters = make();
  return parameters;
}

}  // namespace services::ssm

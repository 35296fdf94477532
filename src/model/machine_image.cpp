#include "model/machine_image.h"

namespace model {
namespace {

constexpr std::string_view kEcsOwner = "591542846629";
constexpr std::string_view kLinuxOwner = "137112412989";

constexpr MachineImage kImages[] = {
    {"ami-0a1ec5202510aa201", "amzn2-ami-ecs-hvm-2.0.20251015-x86_64-ebs",
     "Amazon Linux AMI 2.0.20251015 x86_64 ECS HVM GP2", kEcsOwner, "2025-10-15T18:02:11.000Z", "/dev/xvda"},
    {"ami-0a1ec5202610aa202", "amzn2-ami-ecs-hvm-2.0.20261014-x86_64-ebs",
     "Amazon Linux AMI 2.0.20261014 x86_64 ECS HVM GP2", kEcsOwner, "2026-10-14T18:02:11.000Z", "/dev/xvda"},
    {"ami-0a1ec5202610aa203", "al2023-ami-ecs-hvm-2023.0.20261014-kernel-6.1-x86_64",
     "Amazon Linux AMI 2023.0.20261014 x86_64 ECS HVM EBS", kEcsOwner, "2026-10-14T18:30:47.000Z", "/dev/xvda"},
    {"ami-0a1ec5202610bb201", "amzn2-ami-hvm-2.0.20261014.0-x86_64-gp2",
     "Amazon Linux 2 AMI 2.0.20261014.0 x86_64 HVM gp2", kLinuxOwner, "2026-10-14T19:11:03.000Z", "/dev/xvda"},
    {"ami-0a1ec5202610bb202", "al2023-ami-2023.6.20261014.0-kernel-6.1-x86_64",
     "Amazon Linux 2023 AMI 2023.6.20261014.0 x86_64 HVM kernel-6.1", kLinuxOwner, "2026-10-14T19:40:26.000Z", "/dev/xvda"},
};

}  // namespace

std::span<const MachineImage> machine_images() { return kImages; }

}  // namespace model

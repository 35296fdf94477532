// What an EC2 instance type offers, and what its node registers with its cluster (sheet J).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace model {

struct InstanceType {
  std::string_view name;
  int vcpus = 1;
  MiB memory;      ///< as sold
  MiB registered;  ///< what its agent registers: memory less what the kernel keeps
};

const InstanceType* find_instance_type(std::string_view name);
const std::vector<InstanceType>& instance_types();

}  // namespace model

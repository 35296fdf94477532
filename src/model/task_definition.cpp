#include "model/task_definition.h"

#include <fmt/format.h>

#include <charconv>

namespace model {

std::string TaskDefinition::key_of(std::string_view family, int revision) {
  return fmt::format("{}:{:08}", family, revision);
}

std::string TaskDefinition::key_of(std::string_view reference) {
  if (const std::size_t slash = reference.rfind('/'); slash != std::string_view::npos) reference.remove_prefix(slash + 1);
  const std::size_t colon = reference.rfind(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view digits = reference.substr(colon + 1);
  int revision = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), revision);
  if (error != std::errc() || end != digits.data() + digits.size() || revision <= 0) return {};
  return key_of(reference.substr(0, colon), revision);
}

CpuUnits TaskDefinition::cpu_needed() const {
  if (cpu) return *cpu;
  CpuUnits sum;
  for (const ContainerDefinition& container : containers) sum += container.cpu;
  return sum;
}

MiB TaskDefinition::memory_needed() const {
  if (memory) return *memory;
  MiB sum;
  for (const ContainerDefinition& container : containers) {
    if (container.memory_reservation) {
      sum += *container.memory_reservation;
    } else if (container.memory) {
      sum += *container.memory;
    }
  }
  return sum;
}

}  // namespace model

#include "model/task_definition.h"

namespace model {

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

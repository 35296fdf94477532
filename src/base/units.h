// Quantities that must not be mixed up.
#pragma once

#include <compare>
#include <cstdint>

/// ECS CPU units: 1024 to a vCPU.
struct CpuUnits {
  std::int64_t value = 0;
  auto operator<=>(const CpuUnits&) const = default;
  CpuUnits& operator+=(CpuUnits other) { value += other.value; return *this; }
  CpuUnits& operator-=(CpuUnits other) { value -= other.value; return *this; }
  friend CpuUnits operator+(CpuUnits a, CpuUnits b) { return {a.value + b.value}; }
  friend CpuUnits operator-(CpuUnits a, CpuUnits b) { return {a.value - b.value}; }
};

/// Mebibytes, the unit of task and container memory in ECS.
struct MiB {
  std::int64_t value = 0;
  auto operator<=>(const MiB&) const = default;
  MiB& operator+=(MiB other) { value += other.value; return *this; }
  MiB& operator-=(MiB other) { value -= other.value; return *this; }
  friend MiB operator+(MiB a, MiB b) { return {a.value + b.value}; }
  friend MiB operator-(MiB a, MiB b) { return {a.value - b.value}; }
};

// How an engine was started, as far as its decisions depend on it.
#pragma once

#include <functional>
#include <string>

#include "base/address_plan.h"
#include "base/arn.h"
#include "base/time.h"

namespace drivers {
struct TaskSpec;
}
namespace model {
struct Task;
}

namespace engine {

struct Settings {
  Account account;
  Pace pace;                      ///< --time-scale
  double cores_per_vcpu = 0.2;    ///< --cores-per-vcpu: real cores that one vCPU stands for
  AddressPlan addresses;
  Duration boot_delay{45'000};    ///< pending to running of an instance, at AWS's pace
  /// The digest that an image's name stands for in the registry now; "" if it has none of that name. May be empty.
  std::function<std::string(const std::string& image)> resolve_image{};
  Duration task_retention{3'600'000};  ///< STOPPED tasks stay visible this long (sheet A1)
  /// Tells a task that is about to start where it reaches the engine (its containers' environment). May be empty.
  std::function<void(drivers::TaskSpec& spec, const model::Task& task)> introduce{};
};

}  // namespace engine

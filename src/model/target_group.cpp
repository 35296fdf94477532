#include "model/target_group.h"

#include <charconv>

namespace model {

seconds TargetGroup::deregistration_delay() const {
  int value = 300;
  if (const auto found = attributes.find("deregistration_delay.timeout_seconds"); found != attributes.end()) {
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
  }
  return seconds(value);
}

}  // namespace model

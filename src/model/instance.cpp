#include "model/instance.h"

namespace model {

const LaunchTemplateVersion* LaunchTemplate::version(const std::string& wanted) const {
  std::string number = wanted;
  if (wanted.empty() || wanted == "$Default") number = std::to_string(default_version);
  if (wanted == "$Latest") number = std::to_string(latest_version);
  for (const LaunchTemplateVersion& candidate : versions) {
    if (std::to_string(candidate.number) == number) return &candidate;
  }
  return nullptr;
}

}  // namespace model

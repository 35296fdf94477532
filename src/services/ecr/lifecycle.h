// Lifecycle policies: which images of a repository expire by its rules, now. Pure; applied by expire_images, which the
// engine calls on its own clock.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "state/state.h"

namespace services::ecr {

struct LifecycleRule {
  int priority = 0;
  std::string description;
  std::string tag_status;                            ///< tagged, untagged, any
  std::vector<std::string> tag_prefixes, tag_patterns;  ///< of tagged: all of them must match
  std::string count_type;                            ///< imageCountMoreThan, sinceImagePushed
  int count_number = 0;                              ///< images, or days
};

/// In order of priority. InvalidParameterException, with AWS's text, for what is no policy.
Result<std::vector<LifecycleRule>> parse_lifecycle_policy(std::string_view text);

/// "prod*web": the star stands for any letters, none included.
bool matches_pattern(std::string_view pattern, std::string_view tag);

/// Digests, oldest first. A rule counts every image that it selects, but expires none that an earlier rule has selected;
/// an image that an index names stays as long as that.
std::vector<std::string> expired_images(const std::vector<LifecycleRule>& rules,
                                        const std::vector<const model::Image*>& images, Instant now);

/// Of every repository with a policy. How many went.
std::size_t expire_images(state::State& state, Instant now);

}  // namespace services::ecr

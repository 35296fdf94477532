// A container's restart policy (restartPolicy of its definition), decided alike by every runtime. Nothing but libc: the
// shim uses it too.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace drivers {

/// One that ran for at least the period is started again, whatever ended it, unless its exit code is to be ignored: so
/// it is restarted at most once in each period, and one that fails at once ends.
inline bool may_restart(std::int64_t period_ms, const std::vector<int>& ignored_exit_codes, std::int64_t ran_ms,
                        int exit_code) {
  return ran_ms >= period_ms &&
         std::find(ignored_exit_codes.begin(), ignored_exit_codes.end(), exit_code) == ignored_exit_codes.end();
}

}  // namespace drivers

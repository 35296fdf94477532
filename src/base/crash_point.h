// Named steps at which tests kill the process: SCALEOUT_CRASH_AT=before_commit, or before_commit:3 for the third time.
// Called between two effects that a crash must be allowed to part. Unset (always, outside tests) it costs one load.
#pragma once

#include <string_view>

/// Ends the process as kill -9 would, if this is the step that SCALEOUT_CRASH_AT names.
void crash_point(std::string_view name);

// Content-Encoding: gzip. The SDKs compress PutMetricData from 10 KiB up; a small body may inflate a thousandfold, so the
// result is bounded while it grows.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace wire {

/// Error MalformedInput, or RequestEntityTooLarge above `limit`.
Result<std::string> gunzip(std::string_view bytes, std::size_t limit);
std::string gzip(std::string_view bytes);

}  // namespace wire

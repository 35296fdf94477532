// AWS JSON 1.0 and 1.1 bodies. Timestamps are epoch seconds; null means absent; unknown members are ignored, as AWS does.
// Called by dispatch (requests) and by the client side (answers).
#pragma once

#include <string>
#include <string_view>

#include "api/type.h"
#include "base/result.h"

namespace wire {

inline constexpr std::size_t kMaxJsonDepth = 64;

/// Fills the struct `out` of `type`. An empty body is {}. Error SerializationException.
Result<void> decode_json(const api::Type& type, std::string_view body, void* out);
/// Appends. Bytes that are not UTF-8 become U+FFFD.
void encode_json(const api::Type& type, const void* value, std::string& out);
/// Appends `text` as a JSON string, quotes included.
void append_json_string(std::string_view text, std::string& out);

}  // namespace wire

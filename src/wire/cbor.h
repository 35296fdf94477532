// Smithy RPC v2 CBOR bodies: what the Go SDK of 2026 sends to CloudWatch. Exact integer and float types, timestamps under
// tag 1, indefinite lengths accepted. Called by dispatch and fault.
#pragma once

#include <string>
#include <string_view>

#include "api/type.h"
#include "base/result.h"

namespace wire {

/// Fills the struct `out` of `type`. An empty body is an empty map. Error SerializationException.
Result<void> decode_cbor(const api::Type& type, std::string_view body, void* out);
/// Appends.
void encode_cbor(const api::Type& type, const void* value, std::string& out);

std::string encode_cbor_error(std::string_view type, std::string_view message);
/// Empty code if the body is none.
Error decode_cbor_error(std::string_view body);

}  // namespace wire

// Scalars as text: timestamps in AWS's three forms, numbers, base64. Used by every codec.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/type.h"

namespace wire {

/// "1700000000", or "1700000000.12" where there are milliseconds.
void append_unix_seconds(std::int64_t ms, std::string& out);
/// "2026-11-23T16:31:14.120Z"
void append_iso8601(std::int64_t ms, std::string& out);
/// "Mon, 23 Nov 2026 16:31:14 GMT"
void append_rfc822(std::int64_t ms, std::string& out);
/// Shortest text that reads back the same; NaN, Infinity, -Infinity.
void append_double(double value, std::string& out);
void append_base64(std::string_view bytes, std::string& out);

/// ISO 8601 with Z or an offset, RFC 822, or seconds since the epoch.
std::optional<std::int64_t> parse_timestamp(std::string_view text);
/// Seconds as clients send them; nullopt outside the years 1 to 9999.
std::optional<std::int64_t> timestamp_from_seconds(double seconds);
std::optional<double> parse_double(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<std::string> parse_base64(std::string_view text);

/// A scalar's text in XML and Query; `value` points at what `kind` says. `fallback` is the protocol's time format.
void append_scalar(api::Kind kind, const void* value, api::TimeFormat format, std::string& out);
/// Fills `value` from text; false if the text is not one.
bool parse_scalar(api::Kind kind, std::string_view text, void* value);

}  // namespace wire

// XML answers of Query and EC2 services: written for clients, read by our own client.
#pragma once

#include <string>
#include <string_view>

#include "api/type.h"
#include "base/result.h"

namespace wire {

/// The whole document: response element, result wrapper, request id.
void encode_xml(const api::ServiceModel& service, const api::Operation& operation, const void* output,
                std::string_view request_id, std::string& out);
/// Text between tags. Characters that XML 1.0 cannot say, and bytes that are not UTF-8, become U+FFFD.
void append_xml_text(std::string_view text, std::string& out);

/// Fills `output` of the operation's output type. Error "InvalidResponse".
Result<void> decode_xml(const api::Operation& operation, std::string_view body, void* output);
/// What an error answer says; empty code if the body is none.
Error decode_xml_error(std::string_view body);

}  // namespace wire

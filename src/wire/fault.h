// Errors as clients of each protocol expect them, and back. A handler's error code may be the model's shape name or its
// Query code: each protocol gets its own.
#pragma once

#include <string_view>

#include "api/type.h"
#include "base/result.h"
#include "net/http.h"

namespace wire {

/// `service` may be nullptr: then only the codes common to all AWS services have a status of their own.
net::Response encode_error(const api::ServiceModel* service, api::Protocol protocol, const Error& error, std::string_view request_id);
/// For a service of REST requests, by its signing name: JSON, or XML where it speaks that.
net::Response encode_rest_error(std::string_view service, const Error& error, std::string_view request_id);
/// What an answer with an error status says; the code is the shape name without its namespace. Never empty.
Error decode_error(api::Protocol protocol, int status, std::string_view body);
/// The status an error travels with.
int status_of(const api::ServiceModel* service, std::string_view code);

std::string_view content_type(api::Protocol protocol);
/// The headers every answer carries.
net::Headers answer_headers(api::Protocol protocol, std::string_view request_id);

}  // namespace wire

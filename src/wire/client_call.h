// The client's side of a call: an HTTP request from an input struct, an output struct or an error from the answer. Used by
// src/client. Unsigned: sigv4.h signs.
#pragma once

#include "api/type.h"
#include "base/result.h"
#include "net/http.h"

namespace wire {

/// The protocol our client speaks to a service: the first its model names.
inline api::Protocol client_protocol(const api::ServiceModel& service) { return service.protocols.front(); }

/// A POST without Host and Authorization.
net::Request encode_request(const api::ServiceModel& service, const api::Operation& operation, const void* input);
/// Fills `output` from an answer with status 2xx; else the service's error, or InvalidResponse.
Result<void> decode_response(const api::ServiceModel& service, const api::Operation& operation, const net::Response& answer,
                             void* output);

}  // namespace wire

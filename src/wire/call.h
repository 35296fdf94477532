// A request understood as an AWS call, before its input is decoded. Made by identify(), used by dispatch and by the engine
// (which needs the service, action, region and invocation id before it runs a handler).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/type.h"
#include "base/result.h"
#include "net/http.h"
#include "wire/form.h"

namespace wire {

/// Of the Authorization header: Credential=AKID/20261123/us-east-1/ecs/aws4_request.
struct CredentialScope {
  std::string_view access_key, date, region, service;
};
/// Empty fields when the header has none or another form; presigned queries are not looked at.
CredentialScope parse_scope(std::string_view authorization);

struct Call {
  api::Protocol protocol = api::Protocol::json11;
  const api::ServiceModel* service = nullptr;   // nullptr: a service we have no model of
  const api::Operation* operation = nullptr;    // nullptr: not in the cut model
  std::string operation_name;
  CredentialScope scope;
  std::string_view invocation_id;   // amz-sdk-invocation-id: the same for every retry of one call
  std::string_view body;            // as it arrived, gzip taken off
  std::string inflated;             // what body looks at where the request was gzip-encoded
  bool is_inflated = false;
  Form form;                        // Query and EC2: parameters of body and target
  bool is_aws = false;              // false: not recognisable as an AWS call at all
  bool is_rest = false;             // signed for a service without a model, and no protocol that names actions

  Call() = default;
  Call(Call&& other) noexcept { *this = std::move(other); }
  Call& operator=(Call&& other) noexcept;  // body follows inflated to its new place
};

/// The largest body after inflation. net bounds what arrives.
inline constexpr std::size_t kMaxInflated = 16 * 1024 * 1024;

/// Understands `request` as a call to one of `models`. Fails only on input that no AWS front door would take (broken form
/// encoding, broken gzip); an unknown service or action is a Call with null fields. Borrows from `request`.
Result<Call> identify(const net::Request& request, std::span<const api::ServiceModel* const> models);
/// The protocol to refuse a request in when identify() failed.
api::Protocol protocol_of(const net::Request& request);

}  // namespace wire

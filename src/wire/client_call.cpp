#include "wire/client_call.h"

#include <fmt/format.h>

#include "wire/cbor.h"
#include "wire/fault.h"
#include "wire/json.h"
#include "wire/query.h"
#include "wire/xml.h"

namespace wire {

using api::Protocol;

net::Request encode_request(const api::ServiceModel& service, const api::Operation& operation, const void* input) {
  const Protocol protocol = client_protocol(service);
  net::Request request;
  request.method = "POST";
  request.target = "/";
  switch (protocol) {
    case Protocol::json10:
    case Protocol::json11:
      request.headers.add("Content-Type", content_type(protocol));
      request.headers.add("X-Amz-Target", fmt::format("{}.{}", service.target_prefix, operation.name));
      if (service.query_compatible) request.headers.add("x-amzn-query-mode", "true");
      encode_json(*operation.input, input, request.body);
      break;
    case Protocol::query:
    case Protocol::ec2:
      request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
      request.body = fmt::format("Action={}&Version={}", operation.name, service.api_version);
      encode_query(*operation.input, input, protocol == Protocol::ec2, request.body);
      break;
    case Protocol::cbor:
      request.target = fmt::format("/service/{}/operation/{}", service.target_prefix, operation.name);
      request.headers.add("Content-Type", content_type(protocol));
      request.headers.add("Accept", content_type(protocol));
      request.headers.add("smithy-protocol", "rpc-v2-cbor");
      encode_cbor(*operation.input, input, request.body);
      break;
  }
  return request;
}

Result<void> decode_response(const api::ServiceModel& service, const api::Operation& operation, const net::Response& answer,
                             void* output) {
  const Protocol protocol = client_protocol(service);
  if (answer.status < 200 || answer.status > 299) return tl::unexpected(decode_error(protocol, answer.status, answer.body));
  Result<void> read;
  switch (protocol) {
    case Protocol::json10:
    case Protocol::json11: read = decode_json(*operation.output, answer.body, output); break;
    case Protocol::query:
    case Protocol::ec2: return decode_xml(operation, answer.body, output);
    case Protocol::cbor: read = decode_cbor(*operation.output, answer.body, output); break;
  }
  if (!read) return fail("InvalidResponse", "The answer is not what the service's model says: " + read.error().message);
  return {};
}

}  // namespace wire

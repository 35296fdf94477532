#include "wire/dispatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "base/log.h"
#include "wire/cbor.h"
#include "wire/fault.h"
#include "wire/json.h"
#include "wire/query.h"
#include "wire/validate.h"
#include "wire/xml.h"

namespace wire {
namespace {

using api::Protocol;

// A client that invents action names must not grow the counters without bound.
constexpr std::size_t kMaxUnservedNames = 1000;

/// Names come from clients and end up in the log and as metric labels: what no action name has is shown as '?'.
std::string printable(std::string_view name, std::size_t most) {
  std::string out(name.substr(0, most));
  for (char& c : out) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!plain) c = '?';
  }
  return out;
}

class CallExchange final : public api::Exchange {
 public:
  CallExchange(const Call& call, std::string_view request_id) : call_(call), request_id_(request_id) {}

  Result<void> read(void* input) override {
    TRY_VOID(decode_input(call_, input));
    return validate(*call_.service, *call_.operation->input, input);
  }
  void write(const void* output) override { answer_ = encode_output(call_, output, request_id_); }
  net::Response take() { return std::move(answer_); }

 private:
  const Call& call_;
  std::string_view request_id_;
  net::Response answer_;
};

}  // namespace

Result<void> decode_input(const Call& call, void* input) {
  const api::Type& type = *call.operation->input;
  switch (call.protocol) {
    case Protocol::json10:
    case Protocol::json11: return decode_json(type, call.body, input);
    case Protocol::query: return decode_query(type, call.form, false, input);
    case Protocol::ec2: return decode_query(type, call.form, true, input);
    case Protocol::cbor: return decode_cbor(type, call.body, input);
  }
  return {};
}

net::Response encode_output(const Call& call, const void* output, std::string_view request_id) {
  const api::Type& type = *call.operation->output;
  net::Response answer;
  answer.headers = answer_headers(call.protocol, request_id);
  answer.body.reserve(2048);
  switch (call.protocol) {
    case Protocol::json10:
    case Protocol::json11: encode_json(type, output, answer.body); break;
    case Protocol::query:
    case Protocol::ec2: encode_xml(*call.service, *call.operation, output, request_id, answer.body); break;
    case Protocol::cbor: encode_cbor(type, output, answer.body); break;
  }
  return answer;
}

void Dispatcher::add_erased(const api::ServiceModel& model, std::span<const api::Route> routes, void* context) {
  Service service{&model, context, std::vector<const api::Route*>(model.operations.size())};
  for (const api::Route& route : routes) {
    const api::Operation* operation = model.find_operation(route.operation);
    assert(operation != nullptr && "route<>() names only modelled actions: another service's table was passed");
    service.routes[static_cast<std::size_t>(operation - model.operations.data())] = &route;
  }
  services_.push_back(std::move(service));
  models_.push_back(&model);
}

Result<Call> Dispatcher::identify(const net::Request& request) const { return wire::identify(request, models_); }

net::Response Dispatcher::answer(const Call& call, std::string_view request_id) {
  const auto service = std::find_if(services_.begin(), services_.end(), [&](const Service& s) { return s.model == call.service; });
  if (service == services_.end() || call.operation == nullptr) return count_unserved(call, request_id);
  const api::Route* route = service->routes[static_cast<std::size_t>(call.operation - call.service->operations.data())];
  if (route == nullptr) return count_unserved(call, request_id);
  try {
    CallExchange exchange(call, request_id);
    if (auto done = route->run(service->context, exchange); !done)
      return encode_error(call.service, call.protocol, done.error(), request_id);
    return exchange.take();
  } catch (const std::exception& error) {
    log_error("the handler of {} threw: {}", printable(call.operation_name, 128), error.what());
    return encode_error(call.service, call.protocol,
                        {"InternalFailure", "The request could not be processed because of an error of this engine's."},
                        request_id);
  }
}

net::Response Dispatcher::answer(const net::Request& request, std::string_view request_id) {
  auto call = identify(request);
  if (!call) return refuse(request, call.error(), request_id);
  return answer(*call, request_id);
}

net::Response Dispatcher::refuse(const net::Request& request, const Error& error, std::string_view request_id) const {
  return encode_error(nullptr, protocol_of(request), error, request_id);
}

net::Response Dispatcher::count_unserved(const Call& call, std::string_view request_id) {
  if (!call.is_aws)
    return encode_error(nullptr, Protocol::json11,
                        {"UnknownOperationException",
                         "This is no AWS request: it has neither an X-Amz-Target header nor an Action parameter. Point an AWS "
                         "client or the aws CLI at this address with --endpoint-url or AWS_ENDPOINT_URL."},
                        request_id);
  const bool form = call.protocol == Protocol::query || call.protocol == Protocol::ec2;
  const std::string service = printable(call.service != nullptr       ? call.service->name
                                        : !call.scope.service.empty() ? call.scope.service
                                                                      : std::string_view("unknown"),
                                        64);
  const std::string action = printable(call.operation_name, 128);
  const std::string name = fmt::format("{}:{}", service, action.empty() ? "(none)" : action);
  if (unserved_.contains(name) || unserved_.size() < kMaxUnservedNames) {
    if (++unserved_[name] == 1) log_info("not served: {}", name);
  }
  if (action.empty() && form)
    return encode_error(call.service, call.protocol, {"MissingAction", "The request is missing an action or a required parameter."},
                        request_id);
  if (call.is_rest) {
    return encode_rest_error(call.scope.service, {"NotImplemented", fmt::format("The service {} is not served by this engine.", service)},
                             request_id);
  }
  const std::string message = call.service == nullptr
                                  ? fmt::format("The service of the action {} ({}) is not served by this engine.", action, service)
                                  : fmt::format("The action {} of {} is not served by this engine.", action, call.service->full_name);
  return encode_error(call.service, call.protocol, {form ? "InvalidAction" : "UnknownOperationException", message}, request_id);
}

}  // namespace wire

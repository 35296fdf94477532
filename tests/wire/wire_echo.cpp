// The wire's codecs as a filter: one JSON command a line on standard input, one JSON answer a line on standard output. Driven by
// test_codecs.py, which holds botocore's serialisers and parsers against them.
#include <boost/json.hpp>
#include <iostream>
#include <string>

#include "api/acm.h"
#include "api/application_autoscaling.h"
#include "api/autoscaling.h"
#include "api/cloudwatch.h"
#include "api/ec2.h"
#include "api/ecr.h"
#include "api/ecs.h"
#include "api/elbv2.h"
#include "api/iam.h"
#include "api/logs.h"
#include "api/resourcegroupstaggingapi.h"
#include "api/servicediscovery.h"
#include "api/sns.h"
#include "api/ssm.h"
#include "api/sts.h"
#include "wire/client_call.h"
#include "wire/dispatch.h"
#include "wire/fault.h"
#include "wire/json.h"
#include "wire/scalar_text.h"
#include "wire/sigv4.h"
#include "wire/validate.h"

namespace {

namespace json = boost::json;

const api::ServiceModel* const kModels[] = {
    &api::acm::model(), &api::application_autoscaling::model(), &api::autoscaling::model(), &api::cloudwatch::model(),
    &api::ec2::model(), &api::ecr::model(), &api::ecs::model(), &api::elbv2::model(), &api::iam::model(),
    &api::logs::model(), &api::resourcegroupstaggingapi::model(), &api::servicediscovery::model(), &api::sns::model(),
    &api::ssm::model(), &api::sts::model()};

struct Object {  // an input or output struct
  void* value;
  void (*destroy)(void*);
  ~Object() { destroy(value); }
};

std::string text(const json::object& command, std::string_view key) {
  const auto* found = command.if_contains({key.data(), key.size()});
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

json::object failed(const Error& error) { return {{"code", error.code}, {"message", error.message}}; }

net::Request request_of(const json::object& command) {
  net::Request request;
  request.method = text(command, "method");
  request.target = text(command, "target");
  request.body = wire::parse_base64(text(command, "body")).value_or("");
  for (const auto& header : command.at("headers").as_object())
    request.headers.add(std::string_view(header.key().data(), header.key().size()), std::string(header.value().as_string()));
  return request;
}

/// A request, decoded and validated, as JSON.
json::object input_of(const net::Request& request) {
  auto call = wire::identify(request, kModels);
  if (!call) return failed(call.error());
  if (call->operation == nullptr) return {{"code", "UnknownOperation"}};
  const Object input{call->operation->create_input(), call->operation->destroy_input};
  if (auto done = wire::decode_input(*call, input.value); !done) return failed(done.error());
  if (auto valid = wire::validate(*call->service, *call->operation->input, input.value); !valid) return failed(valid.error());
  std::string out;
  wire::encode_json(*call->operation->input, input.value, out);
  return {{"service", std::string(call->service->name)}, {"operation", std::string(call->operation->name)}, {"value", out}};
}

wire::Call call_of(const json::object& command) {
  wire::Call call;
  for (const api::ServiceModel* model : kModels)
    if (model->name == text(command, "service")) call.service = model;
  if (call.service != nullptr) call.operation = call.service->find_operation(text(command, "operation"));
  const std::string protocol = text(command, "protocol");
  call.protocol = protocol == "json10"  ? api::Protocol::json10
                  : protocol == "json11" ? api::Protocol::json11
                  : protocol == "query"  ? api::Protocol::query
                  : protocol == "ec2"    ? api::Protocol::ec2
                                         : api::Protocol::cbor;
  return call;
}

json::object run(const json::object& command) {
  const std::string what = text(command, "do");
  if (what == "input") return input_of(request_of(command));
  if (what == "verify") {
    const std::string secret = text(command, "secret");
    const auto now = instant_from_ms(command.at("now_ms").as_int64());
    auto who = wire::verify(request_of(command), [&](std::string_view) { return std::optional(secret); }, now);
    return who ? json::object{{"access_key", *who}} : failed(who.error());
  }
  if (what == "sign") {
    net::Request request = request_of(command);
    wire::sign(request, {text(command, "access_key"), text(command, "secret"), text(command, "token")},
               {text(command, "region"), text(command, "service")}, instant_from_ms(command.at("now_ms").as_int64()));
    return {{"authorization", std::string(request.headers.get("Authorization"))}};
  }
  const wire::Call call = call_of(command);
  if (call.operation == nullptr) return {{"code", "UnknownOperation"}};
  if (what == "error") {
    const net::Response answer = wire::encode_error(call.service, call.protocol, {text(command, "code"), text(command, "message")}, "id-1");
    json::object headers;
    for (std::size_t i = 0; i < answer.headers.size(); ++i) headers[answer.headers[i].name] = answer.headers[i].value;
    std::string body;
    wire::append_base64(answer.body, body);
    return {{"status", answer.status}, {"headers", headers}, {"body", body}};
  }
  const std::string value = json::serialize(command.at("value"));
  if (what == "request") {  // our client's request, read by our server
    const Object input{call.operation->create_input(), call.operation->destroy_input};
    if (auto done = wire::decode_json(*call.operation->input, value, input.value); !done) return failed(done.error());
    return input_of(wire::encode_request(*call.service, *call.operation, input.value));
  }
  const Object output{call.operation->create_output(), call.operation->destroy_output};
  if (auto done = wire::decode_json(*call.operation->output, value, output.value); !done) return failed(done.error());
  const net::Response answer = wire::encode_output(call, output.value, "id-1");
  json::object result{{"status", answer.status}};
  std::string body;
  wire::append_base64(answer.body, body);
  result["body"] = body;
  json::object headers;
  for (std::size_t i = 0; i < answer.headers.size(); ++i) headers[answer.headers[i].name] = answer.headers[i].value;
  result["headers"] = headers;
  if (call.protocol == wire::client_protocol(*call.service)) {  // and what our client reads of it
    const Object back{call.operation->create_output(), call.operation->destroy_output};
    if (auto done = wire::decode_response(*call.service, *call.operation, answer, back.value); !done) return failed(done.error());
    std::string again;
    wire::encode_json(*call.operation->output, back.value, again);
    result["client_value"] = again;
  }
  return result;
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) std::cout << json::serialize(run(json::parse(line).as_object())) << std::endl;
}

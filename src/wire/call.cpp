#include "wire/call.h"

#include "wire/gzip.h"

namespace wire {
namespace {

using api::Protocol;

bool speaks(const api::ServiceModel& model, Protocol protocol) {
  for (const Protocol known : model.protocols)
    if (known == protocol) return true;
  return false;
}

std::string_view take_until(std::string_view& text, char end) {
  const auto at = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

std::string_view media_type(const net::Request& request) {
  std::string_view type = request.headers.get("Content-Type");
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type;
}

bool is_form(const net::Request& request) {
  return net::equal_ignoring_case(media_type(request), "application/x-www-form-urlencoded");
}

constexpr std::string_view kCborPath = "/service/";

/// X-Amz-Target: AmazonEC2ContainerServiceV20141113.DescribeServices
void identify_json(std::string_view target, const net::Request& request, std::span<const api::ServiceModel* const> models, Call& call) {
  const auto dot = target.rfind('.');
  const std::string_view prefix = target.substr(0, dot);
  call.operation_name = dot == target.npos ? "" : target.substr(dot + 1);
  call.protocol = protocol_of(request);
  call.is_aws = true;
  for (const api::ServiceModel* model : models) {
    if (model->target_prefix != prefix || prefix.empty()) continue;
    call.service = model;
    // A client that says 1.0 to a 1.1 service is answered in what the service speaks.
    if (!speaks(*model, call.protocol)) call.protocol = speaks(*model, Protocol::json11) ? Protocol::json11 : Protocol::json10;
    return;
  }
}

/// POST /service/GraniteServiceVersion20100801/operation/PutMetricData
void identify_cbor(const net::Request& request, std::span<const api::ServiceModel* const> models, Call& call) {
  std::string_view path = request.path();
  path.remove_prefix(kCborPath.size());
  const std::string_view prefix = take_until(path, '/');
  call.protocol = Protocol::cbor;
  call.is_aws = take_until(path, '/') == "operation";
  call.operation_name = path;
  for (const api::ServiceModel* model : models)
    if (model->target_prefix == prefix && speaks(*model, Protocol::cbor)) call.service = model;
}

/// Action and Version; services share action names, so the version or the signature's scope tells which is meant.
void identify_query(std::span<const api::ServiceModel* const> models, Call& call) {
  const std::string_view action = find_parameter(call.form, "Action"), version = find_parameter(call.form, "Version");
  call.protocol = Protocol::query;
  call.is_aws = !action.empty() || !version.empty();
  call.operation_name = action;
  const auto takes_form = [](const api::ServiceModel& model) { return speaks(model, Protocol::query) || speaks(model, Protocol::ec2); };
  for (const api::ServiceModel* model : models)
    if (takes_form(*model) && model->api_version == version) call.service = model;
  // Old EC2 clients name older versions; a Query service of another version (classic load balancers) is not ours.
  for (const api::ServiceModel* model : models)
    if (call.service == nullptr && takes_form(*model) && model->signing_name == call.scope.service &&
        (version.empty() || speaks(*model, Protocol::ec2)))
      call.service = model;
  if (call.service != nullptr && speaks(*call.service, Protocol::ec2)) call.protocol = Protocol::ec2;
  if (call.service == nullptr && call.scope.service == "ec2") call.protocol = Protocol::ec2;
}

/// GET /my-bucket, signed for s3: what is asked for stands in method and path, which no model here explains. Only the
/// signature says whose it is; the action is counted by its method.
void identify_rest(const net::Request& request, std::span<const api::ServiceModel* const> models, Call& call) {
  if (call.scope.service.empty()) return;
  for (const api::ServiceModel* model : models)
    if (model->signing_name == call.scope.service) return;
  call.is_aws = call.is_rest = true;
  call.operation_name = request.method;
}

}  // namespace

Call& Call::operator=(Call&& other) noexcept {
  protocol = other.protocol;
  service = other.service;
  operation = other.operation;
  operation_name = std::move(other.operation_name);
  scope = other.scope;
  invocation_id = other.invocation_id;
  is_inflated = other.is_inflated;
  inflated = std::move(other.inflated);
  body = is_inflated ? std::string_view(inflated) : other.body;
  form = std::move(other.form);
  is_aws = other.is_aws;
  is_rest = other.is_rest;
  return *this;
}

CredentialScope parse_scope(std::string_view authorization) {
  constexpr std::string_view kKey = "Credential=";
  const auto at = authorization.find(kKey);
  if (at == authorization.npos) return {};
  std::string_view text = authorization.substr(at + kKey.size());
  text = text.substr(0, text.find_first_of(", "));
  CredentialScope scope;
  scope.access_key = take_until(text, '/');
  scope.date = take_until(text, '/');
  scope.region = take_until(text, '/');
  scope.service = take_until(text, '/');
  return text == "aws4_request" ? scope : CredentialScope{};
}

Protocol protocol_of(const net::Request& request) {
  if (!request.headers.get("smithy-protocol").empty() || media_type(request) == "application/cbor") return Protocol::cbor;
  if (is_form(request)) {
    return parse_scope(request.headers.get("Authorization")).service == "ec2" ? Protocol::ec2 : Protocol::query;
  }
  if (media_type(request) == "application/x-amz-json-1.0") return Protocol::json10;
  if (request.method == "GET" && !request.headers.contains("X-Amz-Target")) return Protocol::query;
  return Protocol::json11;
}

Result<Call> identify(const net::Request& request, std::span<const api::ServiceModel* const> models) {
  Call call;
  call.scope = parse_scope(request.headers.get("Authorization"));
  call.invocation_id = request.headers.get("amz-sdk-invocation-id");
  call.body = request.body;
  if (net::equal_ignoring_case(request.headers.get("Content-Encoding"), "gzip")) {
    TRY(call.inflated, gunzip(request.body, kMaxInflated));
    call.body = call.inflated;
    call.is_inflated = true;
  }
  if (const std::string_view target = request.headers.get("X-Amz-Target"); !target.empty()) {
    identify_json(target, request, models, call);
  } else if (request.path().starts_with(kCborPath) && request.headers.get("smithy-protocol") == "rpc-v2-cbor") {
    identify_cbor(request, models, call);
  } else if (is_form(request) || !request.query().empty()) {
    if (is_form(request)) TRY_VOID(parse_form(call.body, call.form));
    TRY_VOID(parse_form(request.query(), call.form));
    sort_form(call.form);
    identify_query(models, call);
  }
  if (!call.is_aws) identify_rest(request, models, call);
  if (call.service != nullptr) call.operation = call.service->find_operation(call.operation_name);
  return call;
}

}  // namespace wire

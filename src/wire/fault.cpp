#include "wire/fault.h"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>

#include "wire/cbor.h"
#include "wire/json.h"
#include "wire/xml.h"

namespace wire {
namespace {

struct CommonError {
  std::string_view code;
  int status;
};

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonErrors.html: what is not 400.
constexpr std::array<CommonError, 20> kCommonErrors{{
    {"AccessDenied", 403},           {"AccessDeniedException", 400},   {"AuthFailure", 401},
    {"ExpiredToken", 403},           {"IncompleteSignature", 403},     {"InternalError", 500},
    {"InternalFailure", 500},        {"InternalServiceError", 500},    {"InvalidClientTokenId", 403},
    {"MissingAuthenticationToken", 403}, {"OptInRequired", 403},       {"RequestEntityTooLarge", 413},
    {"RequestExpired", 400},         {"ServerException", 500},         {"ServiceUnavailable", 503},
    {"ServiceUnavailableException", 503}, {"SignatureDoesNotMatch", 403}, {"UnauthorizedOperation", 403},
    {"NotImplemented", 501},         {"DryRunOperation", 412},
}};

std::string json_error(const std::string& type, const std::string& message) {
  std::string body = "{\"__type\":";
  append_json_string(type, body);
  body += ",\"message\":";
  append_json_string(message, body);
  body += '}';
  return body;
}

std::string query_error(const api::ServiceModel* service, std::string_view code, const std::string& message, int status,
                        std::string_view request_id) {
  std::string body = "<ErrorResponse";
  if (service != nullptr && !service->xml_namespace.empty()) body += fmt::format(" xmlns=\"{}\"", service->xml_namespace);
  body += fmt::format("><Error><Type>{}</Type><Code>", status < 500 ? "Sender" : "Receiver");
  append_xml_text(code, body);
  body += "</Code><Message>";
  append_xml_text(message, body);
  body += fmt::format("</Message></Error><RequestId>{}</RequestId></ErrorResponse>\n", request_id);
  return body;
}

std::string ec2_error(std::string_view code, const std::string& message, std::string_view request_id) {
  std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>";
  append_xml_text(code, body);
  body += "</Code><Message>";
  append_xml_text(message, body);
  body += fmt::format("</Message></Error></Errors><RequestID>{}</RequestID></Response>\n", request_id);
  return body;
}

/// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html: as no other service's, without a wrapper.
std::string s3_error(std::string_view code, const std::string& message, std::string_view request_id) {
  std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>";
  append_xml_text(code, body);
  body += "</Code><Message>";
  append_xml_text(message, body);
  body += fmt::format("</Message><RequestId>{}</RequestId></Error>\n", request_id);
  return body;
}

Error decode_json_error(std::string_view body) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse({body.data(), body.size()}, error);
  const auto* object = value.if_object();
  if (error || object == nullptr) return {};
  const auto text = [&](std::string_view key) -> std::string {
    const auto* found = object->if_contains({key.data(), key.size()});
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  Error out{text("__type"), text("message")};
  if (out.code.empty()) out.code = text("code");
  if (out.message.empty()) out.message = text("Message");
  return out;
}

}  // namespace

int status_of(const api::ServiceModel* service, std::string_view code) {
  if (service != nullptr)
    if (const api::ErrorShape* shape = service->find_error(code)) return shape->status;
  for (const CommonError& common : kCommonErrors)
    if (common.code == code) return common.status;
  return 400;
}

std::string_view content_type(api::Protocol protocol) {
  switch (protocol) {
    case api::Protocol::json10: return "application/x-amz-json-1.0";
    case api::Protocol::json11: return "application/x-amz-json-1.1";
    case api::Protocol::query: return "text/xml";
    case api::Protocol::ec2: return "text/xml;charset=UTF-8";
    case api::Protocol::cbor: return "application/cbor";
  }
  return "";
}

net::Headers answer_headers(api::Protocol protocol, std::string_view request_id) {
  net::Headers headers;
  headers.add("Content-Type", content_type(protocol));
  headers.add("x-amzn-RequestId", request_id);
  if (protocol == api::Protocol::cbor) headers.add("smithy-protocol", "rpc-v2-cbor");
  return headers;
}

net::Response encode_error(const api::ServiceModel* service, api::Protocol protocol, const Error& error, std::string_view request_id) {
  const api::ErrorShape* shape = service != nullptr ? service->find_error(error.code) : nullptr;
  const std::string name(shape != nullptr ? shape->name : std::string_view(error.code));
  const std::string query_code(shape != nullptr ? shape->query_code : std::string_view(error.code));
  net::Response answer;
  answer.status = status_of(service, error.code);
  answer.headers = answer_headers(protocol, request_id);
  switch (protocol) {
    case api::Protocol::json10:
    case api::Protocol::json11: answer.body = json_error(name, error.message); break;
    case api::Protocol::cbor: answer.body = encode_cbor_error(name, error.message); break;
    case api::Protocol::query: answer.body = query_error(service, query_code, error.message, answer.status, request_id); break;
    case api::Protocol::ec2: answer.body = ec2_error(query_code, error.message, request_id); break;
  }
  if (protocol != api::Protocol::query && protocol != api::Protocol::ec2) {
    answer.headers.add("x-amzn-errortype", name);
    if (service != nullptr && service->query_compatible)
      answer.headers.add("x-amzn-query-error", query_code + (answer.status < 500 ? ";Sender" : ";Receiver"));
  }
  return answer;
}

net::Response encode_rest_error(std::string_view service, const Error& error, std::string_view request_id) {
  const bool is_s3 = service.starts_with("s3");
  if (!is_s3 && service != "route53" && service != "cloudfront") {
    net::Response answer = encode_error(nullptr, api::Protocol::json11, error, request_id);
    answer.headers.set("Content-Type", "application/json");
    return answer;
  }
  net::Response answer = encode_error(nullptr, api::Protocol::query, error, request_id);
  if (is_s3) answer.body = s3_error(error.code, error.message, request_id);
  return answer;
}

Error decode_error(api::Protocol protocol, int status, std::string_view body) {
  Error error;
  switch (protocol) {
    case api::Protocol::json10:
    case api::Protocol::json11: error = decode_json_error(body); break;
    case api::Protocol::cbor: error = decode_cbor_error(body); break;
    default: error = decode_xml_error(body); break;
  }
  // "com.amazonaws.ecs#ClusterNotFoundException:http://…"
  if (const auto hash = error.code.rfind('#'); hash != std::string::npos) error.code.erase(0, hash + 1);
  if (const auto colon = error.code.find(':'); colon != std::string::npos) error.code.erase(colon);
  if (error.code.empty()) error.code = status >= 500 ? "InternalFailure" : "UnknownError";
  if (error.message.empty()) error.message = fmt::format("The service answered {} without a message.", status);
  return error;
}

}  // namespace wire

#include "registry/oci_answer.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/log.h"

namespace registry {

namespace {

struct CodeStatus {
  std::string_view code;
  int status;
};

constexpr std::array kStatuses{
    CodeStatus{"BLOB_UNKNOWN", 404},       CodeStatus{"BLOB_UPLOAD_INVALID", 416}, CodeStatus{"BLOB_UPLOAD_UNKNOWN", 404},
    CodeStatus{"DIGEST_INVALID", 400},     CodeStatus{"MANIFEST_BLOB_UNKNOWN", 404}, CodeStatus{"MANIFEST_INVALID", 400},
    CodeStatus{"MANIFEST_UNKNOWN", 404},   CodeStatus{"NAME_INVALID", 400},        CodeStatus{"NAME_UNKNOWN", 404},
    CodeStatus{"SIZE_INVALID", 400},       CodeStatus{"TAG_INVALID", 400},         CodeStatus{"UNAUTHORIZED", 401},
    CodeStatus{"DENIED", 403},             CodeStatus{"UNSUPPORTED", 405},         CodeStatus{"RANGE_INVALID", 416},
    CodeStatus{"DISK_FULL", 507},
};

}  // namespace

net::Response answer(int status) {
  net::Response response;
  response.status = status;
  response.headers.set("Docker-Distribution-API-Version", "registry/2.0");
  return response;
}

net::Response answer_json(std::string body) {
  net::Response response = answer(200);
  response.headers.set("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

net::Response refuse(const Error& error) {
  const auto known = std::ranges::find(kStatuses, error.code, &CodeStatus::code);
  const bool ours = known == kStatuses.end();
  if (ours) log_error("the registry cannot answer: {}: {}", error.code, error.message);
  boost::json::object one{{"code", ours ? "UNKNOWN" : error.code},
                          {"message", ours ? "the registry cannot do this now; its log says why" : error.message},
                          {"detail", nullptr}};
  net::Response response = answer(ours ? 500 : known->status);
  if (response.status == 401) response.headers.set("WWW-Authenticate", R"(Basic realm="scaleout")");
  response.headers.set("Content-Type", "application/json");
  response.body = boost::json::serialize(boost::json::object{{"errors", boost::json::array{std::move(one)}}});
  return response;
}

}  // namespace registry

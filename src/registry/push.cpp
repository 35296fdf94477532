#include "registry/push.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "registry/digest.h"

namespace registry {

namespace json = boost::json;

namespace {

constexpr std::chrono::minutes kPatience(10);  // for one blob

class Pusher {
 public:
  explicit Pusher(const PushTarget& target) : target_(target) {}

  Result<void> blob(const std::string& digest, const std::string& bytes) {
    TRY(const net::Response known, send("HEAD", "blobs/" + digest));
    if (known.status == 200) return {};
    TRY(const net::Response stored, send("POST", "blobs/uploads/?digest=" + digest, bytes, "application/octet-stream"));
    return expect(stored, 201);
  }

  Result<void> manifest(const PackedImage& image) {
    TRY(const net::Response stored,
        send("PUT", "manifests/" + target_.tag, image.manifest, "application/vnd.oci.image.manifest.v1+json"));
    return expect(stored, 201);
  }

 private:
  Result<net::Response> send(std::string method, std::string_view path, std::string body = {}, std::string_view type = {}) {
    net::ClientRequest request;
    request.method = std::move(method);
    request.target = fmt::format("/v2/{}/{}", target_.repository, path);
    if (!target_.token.empty()) request.headers.set("Authorization", "Basic " + target_.token);
    if (!type.empty()) request.headers.set("Content-Type", type);
    request.body = std::move(body);
    request.timeout = kPatience;
    return client_.send(target_.endpoint, std::move(request));
  }

  /// The registry's own words, where there are any.
  Result<void> expect(const net::Response& response, int status) const {
    if (response.status == status) return {};
    json::error_code error;
    const json::value tree = json::parse(response.body, error);
    const json::value* first = error ? nullptr : tree.find_pointer("/errors/0", error);
    const json::object* told = first ? first->if_object() : nullptr;
    const json::value* code = told ? told->if_contains("code") : nullptr;
    const json::value* message = told ? told->if_contains("message") : nullptr;
    if (code && code->is_string() && message && message->is_string()) {
      return fail(std::string(code->as_string()), std::string(message->as_string()));
    }
    return fail("BadResponse", fmt::format("the registry at {} answered with status {}", target_.endpoint.text(), response.status));
  }

  const PushTarget& target_;
  net::BlockingClient client_;
};

}  // namespace

Result<void> check_names(const std::string& repository, const std::string& tag) {
  if (!is_repository_name(repository)) {
    return fail("InvalidName", fmt::format("'{}' is no name of a repository: write 2 to 256 lower-case letters and digits, parted by "
                                           "single '.', '_', '-' or '/', as in team/http-api",
                                           repository));
  }
  if (!is_tag(tag)) {
    return fail("InvalidName", fmt::format("'{}' is no tag: write 1 to 128 letters, digits, '.', '_' and '-', the first one no '.' or "
                                           "'-', as in v1.2",
                                           tag));
  }
  return {};
}

Result<void> push_image(const PushTarget& target, const PackedImage& image) {
  TRY_VOID(check_names(target.repository, target.tag));  // they become part of URLs
  Pusher pusher(target);
  TRY_VOID(pusher.blob(image.layer_digest, image.layer));
  TRY_VOID(pusher.blob(image.config_digest, image.config));
  return pusher.manifest(image);
}

}  // namespace registry

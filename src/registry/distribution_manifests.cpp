// Manifests and indexes: their bytes are blobs of the store, what is known of them is a record.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "registry/distribution.h"
#include "registry/oci_answer.h"

namespace registry {

namespace json = boost::json;

namespace {

constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";
constexpr std::size_t kReferrersBytes = 4u << 20;  // of one answer; the next page has the rest

bool is_manifest_type(std::string_view type, bool index) {
  if (index) return type == kIndexType || type == "application/vnd.docker.distribution.manifest.list.v2+json";
  return type == "application/vnd.oci.image.manifest.v1+json" || type == "application/vnd.docker.distribution.manifest.v2+json";
}

/// A header's media type may carry parameters.
std::string_view bare_type(std::string_view header) {
  header = header.substr(0, header.find(';'));
  while (header.ends_with(' ')) header.remove_suffix(1);
  return header;
}

net::Response manifest_answer(const model::Image& image) {
  net::Response response = answer(200);
  response.headers.set("Content-Type", image.media_type);
  response.headers.set("Docker-Content-Digest", image.digest);
  response.headers.set("ETag", "\"" + image.digest + "\"");
  response.headers.set("Content-Length", std::to_string(image.manifest_bytes));
  return response;
}

}  // namespace

/// A manifest on its way in. Its bytes stay in memory: there are few.
struct Distribution::Push {
  Call call;
  std::vector<std::string> tags;
  std::string digest;
  ManifestFacts facts{};
  model::Image image{};
};

void Distribution::get_manifest(Call call) {
  const model::Image* image = catalog_.find_image(call.route.repository, call.route.reference);
  if (!image) {
    call.respond(refuse({"MANIFEST_UNKNOWN", fmt::format("Requested image not found: {} in the repository '{}'",
                                                         call.route.reference, call.route.repository)}));
    return;
  }
  net::Response response = manifest_answer(*image);
  if (call.request.method == "HEAD") return call.respond(std::move(response));
  const std::string digest = image->digest;
  aside([&store = store_, digest, most = options_.manifest_bytes] { return store.read_blob(digest, most); },
        [respond = std::move(call.respond), response = std::move(response)](Result<std::string> text) mutable {
          if (!text) return respond(refuse(text.error()));
          response.body = *std::move(text);
          respond(std::move(response));
        });
}

void Distribution::put_manifest(Call call) {
  auto push = std::make_shared<Push>(Push{std::move(call), {}, {}});  // shared: Callback's closures cannot share otherwise
  net::Request& request = push->call.request;
  const std::string& reference = push->call.route.reference;
  if (request.body.size() > options_.manifest_bytes) {
    push->call.respond(refuse({"SIZE_INVALID", fmt::format("a manifest has at most {} bytes", options_.manifest_bytes)}));
    return;
  }
  DigestAlgorithm algorithm = DigestAlgorithm::sha256;
  if (is_digest(reference)) {
    algorithm = algorithm_of(reference);
    push->tags = query_values(request, "tag");
    for (const std::string& tag : push->tags) {
      if (!is_tag(tag)) return push->call.respond(refuse({"TAG_INVALID", fmt::format("'{}' is not a tag", tag)}));
    }
  } else {
    push->tags = {reference};
  }
  aside(
      [push, algorithm]() -> Result<void> {
        push->digest = digest_of(push->call.request.body, algorithm);
        if (is_digest(push->call.route.reference) && push->digest != push->call.route.reference) {
          return fail("DIGEST_INVALID", fmt::format("the manifest is {}", push->digest));
        }
        Result<ManifestFacts> facts = parse_manifest_facts(push->call.request.body);
        if (!facts) return fail("MANIFEST_INVALID", facts.error().message);
        push->facts = *std::move(facts);
        return {};
      },
      [this, push](Result<void> read) {
        if (read) read = check_push(*push);
        if (!read) return push->call.respond(refuse(read.error()));
        begin_commit(push->digest, [this, push] { store_manifest(push); });
      });
}

/// Everything that the manifest names must be there, or it could not be pulled.
Result<void> Distribution::check_push(const Push& push) const {
  const std::string& repository = push.call.route.repository;
  if (!catalog_.has_repository(repository)) return fail("NAME_UNKNOWN", "The repository was deleted.");
  const std::string_view sent = bare_type(push.call.request.headers.get("Content-Type"));
  const std::string_view said = push.facts.media_type.empty() ? sent : push.facts.media_type;
  if (!is_manifest_type(said, push.facts.index)) {
    return fail("MANIFEST_INVALID", fmt::format("'{}' is no media type of an image or an index that is taken here",
                                                said.substr(0, 200)));
  }
  if (!sent.empty() && sent != said) {
    return fail("MANIFEST_INVALID", fmt::format("the manifest says that it is {}, its Content-Type {}", said, sent.substr(0, 200)));
  }
  for (const BlobDescriptor& blob : push.facts.blobs) {
    const auto size = catalog_.find_blob(repository, blob.digest);
    if (!size) return fail("MANIFEST_BLOB_UNKNOWN", fmt::format("the manifest names blob {}, which was not uploaded", blob.digest));
    if (static_cast<std::uint64_t>(*size) != blob.size) {
      return fail("MANIFEST_INVALID", fmt::format("the manifest says that blob {} has {} bytes, it has {}", blob.digest, blob.size, *size));
    }
  }
  for (const BlobDescriptor& manifest : push.facts.manifests) {
    if (!catalog_.find_image(repository, manifest.digest)) {
      return fail("MANIFEST_BLOB_UNKNOWN", fmt::format("the index names image {}, which was not pushed", manifest.digest));
    }
  }
  return catalog_.check_tags(repository, push.tags, push.digest);
}

void Distribution::store_manifest(std::shared_ptr<Push> push) {
  aside([&store = store_, push] { return store.put_blob(push->call.request.body, algorithm_of(push->digest)); },
        [this, push](Result<std::string> stored) {
          // Time has passed: what it names may be gone.
          Result<void> done;
          if (!stored) done = tl::unexpected(stored.error());
          if (done) done = check_push(*push);
          if (!done) {
            end_commit(push->digest);
            return push->call.respond(refuse(done.error()));
          }
          record_manifest(push);
        });
}

void Distribution::record_manifest(const std::shared_ptr<Push>& push) {
  model::Image image;
  image.repository = push->call.route.repository;
  image.digest = push->digest;
  image.media_type = push->facts.media_type.empty() ? std::string(bare_type(push->call.request.headers.get("Content-Type")))
                                                    : push->facts.media_type;
  image.artifact_type = push->facts.artifact_type;
  image.subject = push->facts.subject;
  image.manifest_bytes = static_cast<std::int64_t>(push->call.request.body.size());
  image.size = image.manifest_bytes;
  image.pushed_at = clock_.now();
  for (const BlobDescriptor& blob : push->facts.blobs) {
    image.size += static_cast<std::int64_t>(blob.size);
    image.blobs.push_back(blob.digest);
  }
  // As ECR: of an index, the largest of its images.
  for (const BlobDescriptor& manifest : push->facts.manifests) {
    image.manifests.push_back(manifest.digest);
    image.size = std::max(image.size, catalog_.find_image(image.repository, manifest.digest)->size);
  }
  net::Response response = answer(201);
  response.headers.set("Location", fmt::format("/v2/{}/manifests/{}", image.repository, image.digest));
  response.headers.set("Docker-Content-Digest", image.digest);
  if (!image.subject.empty()) response.headers.set("OCI-Subject", image.subject);
  if (is_digest(push->call.route.reference)) {
    for (const std::string& tag : push->tags) response.headers.add("OCI-Tag", tag);
  }
  const Result<void> put = catalog_.put_image(std::move(image), push->tags);
  end_commit(push->digest);
  if (!put) return push->call.respond(refuse(put.error()));
  save_and_answer(std::move(push->call.respond), std::move(response));
}

void Distribution::delete_manifest(Call call) {
  const auto& [resource, repository, reference] = call.route;
  if (!catalog_.find_image(repository, reference)) {
    return call.respond(refuse({"MANIFEST_UNKNOWN", fmt::format("Requested image not found: {}", reference)}));
  }
  const Result<void> removed = is_digest(reference) ? catalog_.remove_image(repository, reference)
                                                    : catalog_.remove_tag(repository, reference);
  if (!removed) return call.respond(refuse(removed.error()));
  save_and_answer(std::move(call.respond), answer(202));
}

void Distribution::list_referrers(Call call) {
  const std::string wanted = query_value(call.request, "artifactType");
  const std::string last = query_value(call.request, "last");
  std::vector<model::Image> images = catalog_.referrers(call.route.repository, call.route.reference);
  std::erase_if(images, [&](const model::Image& image) {
    return image.digest <= last || (!wanted.empty() && image.artifact_type != wanted);
  });
  const std::string path = fmt::format("/v2/{}/referrers/{}", call.route.repository, call.route.reference);
  aside(
      [&store = store_, images = std::move(images), wanted, path, most = options_.manifest_bytes]() -> Result<net::Response> {
        json::array list;
        std::size_t bytes = 0;
        std::string next;
        for (const model::Image& image : images) {
          bytes += static_cast<std::size_t>(image.manifest_bytes);
          if (bytes > kReferrersBytes && !list.empty()) {
            next = std::string(list.back().at("digest").as_string());
            break;
          }
          TRY(const std::string text, store.read_blob(image.digest, most));
          TRY(const ManifestFacts facts, parse_manifest_facts(text));
          json::object one{{"mediaType", image.media_type}, {"digest", image.digest}, {"size", image.manifest_bytes}};
          if (!image.artifact_type.empty()) one["artifactType"] = image.artifact_type;
          json::object annotations;
          for (const auto& [key, value] : facts.annotations) annotations[key] = value;
          if (!annotations.empty()) one["annotations"] = std::move(annotations);
          list.push_back(std::move(one));
        }
        net::Response response = answer_json(json::serialize(
            json::object{{"schemaVersion", 2}, {"mediaType", kIndexType}, {"manifests", std::move(list)}}));
        response.headers.set("Content-Type", kIndexType);
        if (!wanted.empty()) response.headers.set("OCI-Filters-Applied", "artifactType");
        if (!next.empty()) response.headers.set("Link", fmt::format(R"(<{}?artifactType={}&last={}>; rel="next")", path, wanted, next));
        return response;
      },
      [respond = std::move(call.respond)](Result<net::Response> response) mutable {
        respond(response ? *std::move(response) : refuse(response.error()));
      });
}

}  // namespace registry

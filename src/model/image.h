// What is in an ECR repository: images (manifests and indexes, by digest) and the blobs that were pushed to it. Their
// bytes are files of the registry's store; these records alone say what a repository has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace model {

/// A manifest or an index. All it names is in the same repository.
struct Image {
  std::string repository, digest, media_type;
  std::string artifact_type;  ///< of an artifact; else the media type of its configuration
  std::string subject;        ///< digest of the image that this one is about (referrers)
  std::int64_t manifest_bytes = 0;
  std::int64_t size = 0;  ///< as ECR's imageSizeInBytes: manifest, configuration and layers as stored
  Instant pushed_at{};
  std::vector<std::string> tags;
  std::vector<std::string> blobs;      ///< configuration and layers
  std::vector<std::string> manifests;  ///< of an index

  std::string key() const { return repository + "@" + digest; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("repository", self.repository);
    field("digest", self.digest);
    field("media_type", self.media_type);
    field("artifact_type", self.artifact_type);
    field("subject", self.subject);
    field("manifest_bytes", self.manifest_bytes);
    field("size", self.size);
    field("pushed_at", self.pushed_at);
    field("tags", self.tags);
    field("blobs", self.blobs);
    field("manifests", self.manifests);
  }
};

/// A blob that a repository has, named by an image or (for a while) not yet.
struct RepositoryBlob {
  std::string repository, digest;
  std::int64_t size = 0;
  Instant wanted_at{};  ///< last pushed, mounted or asked for

  std::string key() const { return repository + "@" + digest; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("repository", self.repository);
    field("digest", self.digest);
    field("size", self.size);
    field("wanted_at", self.wanted_at);
  }
};

}  // namespace model

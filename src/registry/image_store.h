// The image store: blobs by their digest, and for each repository its manifests and tags. Called by `scaleout push`, by
// the registry's HTTP side (issue 6: a BlobWriter is one upload) and by the services that describe images.
//
// What always holds:
//  - A blob file is complete and has the digest it is named after: it is written aside, verified, synced, then renamed.
//  - A manifest is only stored when every blob it names is there; a tag only when its manifest is.
//  - Several processes may use one store: changes to a repository happen under a file lock, reads need none.
//  - No name or digest becomes part of a path before digest.h has passed it.
// Which repositories exist, and whether their tags may move, is ECR's knowledge and kept in the engine's state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "registry/digest.h"

namespace registry {

struct BlobDescriptor {
  std::string media_type, digest;
  std::uint64_t size = 0;
};

/// What an image asks of whoever starts it.
struct ImageConfig {
  std::vector<std::string> entry_point, command;
  std::map<std::string, std::string> environment;
  std::string working_directory, user;
  std::vector<int> exposed_ports;
  std::map<std::string, std::string> labels;
};

struct Manifest {
  std::string digest, media_type;
  BlobDescriptor config_blob;
  std::vector<BlobDescriptor> layers;
  std::uint64_t size = 0;  ///< as ECR's imageSizeInBytes: manifest, config and layers as stored
  ImageConfig config;
};

struct StoredImage {
  std::string digest;
  std::vector<std::string> tags;
  Instant pushed_at;
};

/// One blob being written. Dropped without commit() it leaves nothing.
class BlobWriter {
 public:
  BlobWriter(BlobWriter&&) noexcept;
  BlobWriter& operator=(BlobWriter&&) = delete;
  ~BlobWriter();
  Result<void> append(std::string_view bytes);
  /// Refused with DigestMismatch when `expected` is given and the bytes are others. Returns the digest.
  Result<std::string> commit(std::string_view expected = {});

 private:
  friend class ImageStore;
  BlobWriter(std::filesystem::path directory, std::filesystem::path temporary, int fd);
  std::filesystem::path directory_, temporary_;
  int fd_;
  Sha256 hash_;
};

class ImageStore {
 public:
  /// Makes the directory (mode 0700: unpacked roots may hold set-uid files) where it is missing.
  static Result<ImageStore> open(const std::filesystem::path& root);

  Result<BlobWriter> begin_blob() const;
  Result<std::string> put_blob(std::string_view bytes, std::string_view expected = {}) const;
  bool has_blob(std::string_view digest) const;
  Result<std::filesystem::path> blob_path(std::string_view digest) const;
  /// The bytes, verified again. For manifests and configs; refuses blobs above `limit`.
  Result<std::string> read_blob(std::string_view digest, std::size_t limit = 4u << 20) const;

  /// An empty tag stores it by digest only. Returns the manifest's digest. Putting the same again changes nothing.
  Result<std::string> put_manifest(const std::string& repository, const std::string& tag, std::string_view manifest,
                                   Instant now) const;
  /// `reference` is a tag or a digest. RepositoryNotFound / ImageNotFound.
  Result<std::string> resolve(const std::string& repository, const std::string& reference) const;
  Result<std::map<std::string, std::string>> list_tags(const std::string& repository) const;
  Result<std::vector<StoredImage>> list_images(const std::string& repository) const;
  /// Removes a tag, or by digest the image from this repository. Blobs stay (other repositories may name them).
  Result<void> remove_image(const std::string& repository, const std::string& reference) const;
  /// The repository's index goes; blobs stay.
  Result<void> remove_repository(const std::string& repository) const;

  Result<Manifest> manifest(std::string_view digest) const;

  const std::filesystem::path& root() const { return root_; }

 private:
  explicit ImageStore(std::filesystem::path root) : root_(std::move(root)) {}
  struct Index;
  Result<std::filesystem::path> index_path(const std::string& repository) const;
  Result<Index> read_index(const std::string& repository) const;
  Result<void> write_index(const std::string& repository, const Index& index) const;
  std::filesystem::path root_;
};

/// The parsed parts of a manifest and of a config blob; for tests and the distribution API.
Result<Manifest> parse_manifest(std::string_view json);
Result<ImageConfig> parse_image_config(std::string_view json);

}  // namespace registry

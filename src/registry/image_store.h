// The image store: blobs (manifests among them) as files named by their digests, and uploads on their way to become
// one. Called by the distribution API and, for what images hold, by the runtimes' look-up and by unpacking.
//
// What always holds:
//  - A blob file is complete and has the digest it is named after: it is written aside, verified, synced, then renamed.
//  - No digest and no upload's name becomes part of a path before it has been checked.
//  - Functions may be called on any thread; one upload on one thread at a time.
// Which repository has which images and blobs is kept in the engine's state, not here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
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

struct VerifiedFiles;

/// A blob being written into uploads/<name>. What was appended stays when it is dropped: begin_upload goes on with it,
/// also after a crash. Only commit() makes it a blob, only discard() removes it.
class Upload {
 public:
  Upload(Upload&&) noexcept;
  Upload& operator=(Upload&&) = delete;
  ~Upload();

  std::uint64_t size() const { return size_; }
  Result<void> append(std::string_view bytes);
  /// Refused with DigestMismatch, and discarded, when the bytes are others than `expected`. Durable when it returns.
  Result<void> commit(const std::string& expected);
  void discard();

 private:
  friend class ImageStore;
  Upload(std::filesystem::path root, std::filesystem::path path, int fd, std::uint64_t size,
         std::shared_ptr<VerifiedFiles> verified);
  Result<std::string> digest(DigestAlgorithm algorithm);
  std::filesystem::path root_, path_;
  int fd_;
  std::uint64_t size_, written_back_ = 0;
  std::optional<Hasher> hash_;  ///< sha256 of all bytes; none if some were written by another process
  std::shared_ptr<VerifiedFiles> verified_;
};

class ImageStore {
 public:
  /// Makes the directory (mode 0700: unpacked roots may hold set-uid files) where it is missing. Half unpacked and half
  /// removed roots go: nobody else may be unpacking there now.
  static Result<ImageStore> open(const std::filesystem::path& root);

  bool has_blob(std::string_view digest) const;
  /// BlobNotFound. Not verified.
  Result<std::filesystem::path> blob_path(std::string_view digest) const;
  /// Reads the whole file, unless it was found right before and is the same file still. DigestMismatch.
  Result<void> verify_blob(std::string_view digest) const;
  /// The bytes, verified. For manifests and configs; refuses blobs above `limit`.
  Result<std::string> read_blob(std::string_view digest, std::size_t limit = 4u << 20) const;
  Result<std::string> put_blob(std::string_view bytes, DigestAlgorithm algorithm = DigestAlgorithm::sha256) const;
  Result<void> remove_blob(std::string_view digest) const;
  Result<std::vector<std::string>> list_blobs() const;

  /// `name`: letters, digits, "-" and "." as the distribution API makes them.
  Result<Upload> begin_upload(const std::string& name) const;
  /// What it has so far; nothing if there is no such upload.
  std::optional<std::uint64_t> upload_size(const std::string& name) const;
  /// Uploads that nobody has written to since then go.
  void remove_uploads(Instant before) const;

  /// Manifests with an unpacked root (unpack.h).
  std::vector<std::string> list_roots() const;
  void remove_root(const std::string& digest) const;

  /// The manifest and the configuration it names. Of an index: those of its image for this machine.
  Result<Manifest> manifest(std::string_view digest) const;

  const std::filesystem::path& root() const { return root_; }

 private:
  explicit ImageStore(std::filesystem::path root);
  std::filesystem::path root_;
  std::shared_ptr<VerifiedFiles> verified_;  ///< shared by copies of the store and its uploads: they see the same files
};

/// The parsed parts of a manifest and of a config blob.
Result<Manifest> parse_manifest(std::string_view json);
Result<ImageConfig> parse_image_config(std::string_view json);

/// What a registry must know of a manifest or an index to keep it.
struct ManifestFacts {
  std::string media_type;  ///< as it says itself, or ""
  std::string artifact_type, subject;
  bool index = false;
  std::vector<BlobDescriptor> blobs;      ///< configuration and layers; without layers that are fetched elsewhere
  std::vector<BlobDescriptor> manifests;  ///< of an index
  std::map<std::string, std::string> annotations;
  std::string for_this_machine;  ///< of an index: the digest of its image for this machine, or ""
};
Result<ManifestFacts> parse_manifest_facts(std::string_view json);

}  // namespace registry

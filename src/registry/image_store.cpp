#include "registry/image_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>

#include "registry/durable_file.h"

namespace registry {
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {
// "_" cannot start a component of a repository name, so this file cannot be confused with a repository below it.
constexpr const char* kIndexFile = "_index.json";

Error invalid(std::string message) { return Error{"InvalidParameterException", std::move(message)}; }

Result<void> check_repository(const std::string& repository) {
  if (is_repository_name(repository)) return {};
  return tl::unexpected(invalid(fmt::format("'{}' is not a repository name: lower-case letters and digits, joined by one of . _ - or /", repository)));
}

fs::path blob_file(const fs::path& root, std::string_view digest) {
  return root / "blobs" / "sha256" / std::string(digest.substr(7));
}
}  // namespace

BlobWriter::BlobWriter(fs::path directory, fs::path temporary, int fd)
    : directory_(std::move(directory)), temporary_(std::move(temporary)), fd_(fd) {}

BlobWriter::BlobWriter(BlobWriter&& other) noexcept
    : directory_(std::move(other.directory_)),
      temporary_(std::move(other.temporary_)),
      fd_(other.fd_),
      hash_(std::move(other.hash_)) {
  other.fd_ = -1;
}

BlobWriter::~BlobWriter() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

Result<void> BlobWriter::append(std::string_view bytes) {
  TRY_VOID(write_all(fd_, bytes));
  hash_.update(bytes);
  return {};
}

Result<std::string> BlobWriter::commit(std::string_view expected) {
  const std::string digest = hash_.finish();
  if (!expected.empty() && digest != expected)
    return fail("DigestMismatch", fmt::format("the blob was announced as {} but is {}", expected, digest));
  const fs::path path = directory_ / digest.substr(7);
  if (::fchmod(fd_, 0444) != 0 || ::fsync(fd_) != 0) return tl::unexpected(system_error("cannot store blob", errno));
  if (::rename(temporary_.c_str(), path.c_str()) != 0)
    return tl::unexpected(system_error("cannot store blob " + digest, errno));
  ::close(fd_);
  fd_ = -1;
  TRY_VOID(sync_directory(directory_));
  return digest;
}

struct ImageStore::Index {
  std::map<std::string, std::string> tags;        // tag -> digest
  std::map<std::string, std::int64_t> pushed_at;  // digest -> ms
};

Result<ImageStore> ImageStore::open(const fs::path& root) {
  std::error_code error;
  for (const char* part : {"blobs/sha256", "repositories", "unpacked"}) {
    fs::create_directories(root / part, error);
    if (error) return fail("FileError", fmt::format("cannot make {}: {}", (root / part).string(), error.message()));
  }
  ::chmod(root.c_str(), 0700);
  // One form of the path, without symlinks: unpacking must not follow any.
  const fs::path canonical = fs::canonical(root, error);
  if (error) return fail("FileError", fmt::format("cannot open {}: {}", root.string(), error.message()));
  return ImageStore(canonical);
}

Result<BlobWriter> ImageStore::begin_blob() const {
  const fs::path directory = root_ / "blobs" / "sha256";
  std::string temporary = directory / ".upload-XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return tl::unexpected(system_error("cannot store blob in " + directory.string(), errno));
  return BlobWriter(directory, temporary, fd);
}

Result<std::string> ImageStore::put_blob(std::string_view bytes, std::string_view expected) const {
  TRY(BlobWriter writer, begin_blob());
  TRY_VOID(writer.append(bytes));
  return writer.commit(expected);
}

bool ImageStore::has_blob(std::string_view digest) const {
  return is_digest(digest) && fs::exists(blob_file(root_, digest));
}

Result<fs::path> ImageStore::blob_path(std::string_view digest) const {
  if (!is_digest(digest)) return tl::unexpected(invalid(fmt::format("'{}' is not a sha256 digest", digest)));
  fs::path path = blob_file(root_, digest);
  if (!fs::exists(path)) return fail("BlobNotFound", fmt::format("there is no blob {}", digest));
  return path;
}

Result<std::string> ImageStore::read_blob(std::string_view digest, std::size_t limit) const {
  TRY(const fs::path path, blob_path(digest));
  TRY(std::string bytes, read_file(path, limit));
  if (sha256_digest(bytes) != digest)
    return fail("DigestMismatch", fmt::format("{} does not hold {} any more", path.string(), digest));
  return bytes;
}

Result<fs::path> ImageStore::index_path(const std::string& repository) const {
  TRY_VOID(check_repository(repository));
  return root_ / "repositories" / repository / kIndexFile;
}

Result<ImageStore::Index> ImageStore::read_index(const std::string& repository) const {
  TRY(const fs::path path, index_path(repository));
  if (!fs::exists(path))
    return fail("RepositoryNotFound", fmt::format("no image was ever pushed to repository '{}'", repository));
  TRY(const std::string text, read_file(path, 64u << 20));
  json::error_code error;
  const json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object()) return fail("FileError", fmt::format("{} is not readable JSON", path.string()));
  Index index;
  if (const json::value* tags = parsed.as_object().if_contains("tags"); tags != nullptr && tags->is_object())
    for (const auto& [tag, digest] : tags->as_object())
      if (digest.is_string()) index.tags[std::string(tag)] = std::string(digest.as_string());
  if (const json::value* pushed = parsed.as_object().if_contains("pushed_at"); pushed != nullptr && pushed->is_object())
    for (const auto& [digest, at] : pushed->as_object())
      if (at.is_int64()) index.pushed_at[std::string(digest)] = at.as_int64();
  return index;
}

Result<void> ImageStore::write_index(const std::string& repository, const Index& index) const {
  TRY(const fs::path path, index_path(repository));
  json::object tags, pushed_at;
  for (const auto& [tag, digest] : index.tags) tags[tag] = digest;
  for (const auto& [digest, at] : index.pushed_at) pushed_at[digest] = at;
  json::object whole;
  whole["tags"] = std::move(tags);
  whole["pushed_at"] = std::move(pushed_at);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return fail("FileError", fmt::format("cannot make {}: {}", path.parent_path().string(), error.message()));
  return replace_file(path, json::serialize(whole));
}

Result<std::string> ImageStore::put_manifest(const std::string& repository, const std::string& tag,
                                             std::string_view manifest_json, Instant now) const {
  TRY_VOID(check_repository(repository));
  if (!tag.empty() && !is_tag(tag)) return tl::unexpected(invalid(fmt::format("'{}' is not a tag", tag)));
  TRY(const Manifest parsed, parse_manifest(manifest_json));
  std::vector<std::string> needed{parsed.config_blob.digest};
  for (const BlobDescriptor& layer : parsed.layers) needed.push_back(layer.digest);
  for (const std::string& digest : needed)
    if (!has_blob(digest)) return fail("LayersNotFoundException", fmt::format("the manifest names blob {}, which was not uploaded", digest));
  TRY(const std::string digest, put_blob(manifest_json));

  TRY(const FileLock lock, FileLock::acquire(root_ / "lock"));
  Index index;
  if (Result<Index> known = read_index(repository)) {
    index = *std::move(known);
  } else if (known.error().code != "RepositoryNotFound") {
    return tl::unexpected(known.error());
  }
  const bool same = index.pushed_at.contains(digest) &&
                    (tag.empty() || (index.tags.contains(tag) && index.tags[tag] == digest));
  if (same) return digest;
  index.pushed_at.try_emplace(digest, to_ms(now));
  if (!tag.empty()) index.tags[tag] = digest;
  TRY_VOID(write_index(repository, index));
  return digest;
}

Result<std::string> ImageStore::resolve(const std::string& repository, const std::string& reference) const {
  if (!is_digest(reference) && !is_tag(reference))
    return tl::unexpected(invalid(fmt::format("'{}' is neither a tag nor a digest", reference)));
  TRY(const Index index, read_index(repository));
  if (is_digest(reference)) {
    if (index.pushed_at.contains(reference)) return reference;
  } else if (const auto found = index.tags.find(reference); found != index.tags.end()) {
    return found->second;
  }
  return fail("ImageNotFound", fmt::format("repository '{}' has no image '{}'", repository, reference));
}

Result<std::map<std::string, std::string>> ImageStore::list_tags(const std::string& repository) const {
  TRY(Index index, read_index(repository));
  return std::move(index.tags);
}

Result<std::vector<StoredImage>> ImageStore::list_images(const std::string& repository) const {
  TRY(const Index index, read_index(repository));
  std::vector<StoredImage> images;
  for (const auto& [digest, at] : index.pushed_at) {
    StoredImage image{digest, {}, instant_from_ms(at)};
    for (const auto& [tag, tagged] : index.tags)
      if (tagged == digest) image.tags.push_back(tag);
    images.push_back(std::move(image));
  }
  return images;
}

Result<void> ImageStore::remove_image(const std::string& repository, const std::string& reference) const {
  TRY(const FileLock lock, FileLock::acquire(root_ / "lock"));
  TRY(const std::string digest, resolve(repository, reference));
  TRY(Index index, read_index(repository));
  if (is_digest(reference)) {
    std::erase_if(index.tags, [&](const auto& tag) { return tag.second == digest; });
    index.pushed_at.erase(digest);
  } else {
    index.tags.erase(reference);
  }
  return write_index(repository, index);
}

Result<void> ImageStore::remove_repository(const std::string& repository) const {
  TRY(const fs::path path, index_path(repository));
  TRY(const FileLock lock, FileLock::acquire(root_ / "lock"));
  std::error_code error;
  fs::remove(path, error);  // not the folder: "a/b" may live below "a"
  if (error) return fail("FileError", fmt::format("cannot remove {}: {}", path.string(), error.message()));
  return {};
}

Result<Manifest> ImageStore::manifest(std::string_view digest) const {
  TRY(const std::string text, read_blob(digest));
  TRY(Manifest parsed, parse_manifest(text));
  TRY(const std::string config, read_blob(parsed.config_blob.digest));
  TRY(parsed.config, parse_image_config(config));
  return parsed;
}

}  // namespace registry

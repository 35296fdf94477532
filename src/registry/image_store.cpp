#include "registry/image_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "base/crash_point.h"
#include "registry/durable_file.h"

namespace registry {
namespace fs = std::filesystem;

namespace {
constexpr std::size_t kVerifiedMost = 100'000;       // remembered; then it starts afresh
constexpr std::uint64_t kWriteBack = 8u << 20;       // the disk starts on these, so that commit() waits for few
constexpr std::size_t kPiece = 256 * 1024;

Error invalid(std::string message) { return Error{"InvalidParameterException", std::move(message)}; }

fs::path blob_file(const fs::path& root, std::string_view digest) {
  return root / "blobs" / name_of(algorithm_of(digest)) / std::string(digest.substr(7));
}

bool is_upload_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

Result<std::string> digest_of_file(int fd, DigestAlgorithm algorithm) {
  Hasher hash(algorithm);
  std::string buffer(kPiece, '\0');
  for (off_t at = 0;;) {
    const ssize_t n = ::pread(fd, buffer.data(), buffer.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return tl::unexpected(system_error("cannot read a blob", errno));
    if (n == 0) return hash.finish();
    hash.update({buffer.data(), static_cast<std::size_t>(n)});
    at += n;
  }
}

/// One state of one file: whoever changes it changes this.
struct FileState {
  ino_t inode;
  off_t size;
  timespec modified, changed;
  bool operator==(const FileState& other) const {
    return inode == other.inode && size == other.size && modified.tv_sec == other.modified.tv_sec &&
           modified.tv_nsec == other.modified.tv_nsec && changed.tv_sec == other.changed.tv_sec &&
           changed.tv_nsec == other.changed.tv_nsec;
  }
};

std::optional<FileState> state_of(int fd) {
  struct stat facts{};
  if (::fstat(fd, &facts) != 0) return std::nullopt;
  return FileState{facts.st_ino, facts.st_size, facts.st_mtim, facts.st_ctim};
}

/// Roots that an engine was unpacking or removing when it was killed; nobody else looks for them.
void remove_halves(const fs::path& unpacked) {
  std::error_code error;
  std::vector<fs::path> halves;
  for (const auto& entry : fs::directory_iterator(unpacked, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') && (name.ends_with(".partial") || name.ends_with(".gone"))) halves.push_back(entry.path());
  }
  for (const fs::path& half : halves) fs::remove_all(half, error);
}

struct OpenFile {
  int fd;
  explicit OpenFile(const fs::path& path) : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd >= 0) ::close(fd);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
};
}  // namespace

/// Which files were found to hold what they are named after, in the state they were in then.
struct VerifiedFiles {
  std::mutex mutex;
  std::map<std::string, FileState, std::less<>> files;

  bool knows(std::string_view digest, const FileState& state) {
    const std::lock_guard lock(mutex);
    const auto known = files.find(digest);
    return known != files.end() && known->second == state;
  }
  void add(std::string_view digest, const FileState& state) {
    const std::lock_guard lock(mutex);
    if (files.size() >= kVerifiedMost) files.clear();
    files.insert_or_assign(std::string(digest), state);
  }
};

Upload::Upload(fs::path root, fs::path path, int fd, std::uint64_t size, std::shared_ptr<VerifiedFiles> verified)
    : root_(std::move(root)),
      path_(std::move(path)),
      fd_(fd),
      size_(size),
      written_back_(size),
      verified_(std::move(verified)) {
  if (size_ == 0) hash_.emplace();
}

Upload::Upload(Upload&& other) noexcept
    : root_(std::move(other.root_)),
      path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      written_back_(other.written_back_),
      hash_(std::move(other.hash_)),
      verified_(std::move(other.verified_)) {}

Upload::~Upload() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> Upload::append(std::string_view bytes) {
  if (fd_ < 0) return fail("UploadEnded", "the upload has ended");
  if (Result<void> written = write_all(fd_, bytes); !written) {
    // Some of it may be there: what is not acknowledged must not stay.
    if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0 || ::lseek(fd_, 0, SEEK_END) < 0) hash_.reset();
    return written;
  }
  if (hash_) hash_->update(bytes);
  size_ += bytes.size();
  if (size_ - written_back_ >= kWriteBack) {
    ::sync_file_range(fd_, static_cast<off_t>(written_back_), static_cast<off_t>(size_ - written_back_),
                      SYNC_FILE_RANGE_WRITE);
    written_back_ = size_;
  }
  return {};
}

Result<std::string> Upload::digest(DigestAlgorithm algorithm) {
  if (algorithm == DigestAlgorithm::sha256 && hash_) return hash_->finish();
  return digest_of_file(fd_, algorithm);
}

Result<void> Upload::commit(const std::string& expected) {
  if (fd_ < 0) return fail("UploadEnded", "the upload has ended");
  if (!is_digest(expected)) return tl::unexpected(invalid(fmt::format("'{}' is not a digest", expected)));
  TRY(const std::string found, digest(algorithm_of(expected)));
  if (found != expected) {
    discard();
    return fail("DigestMismatch", fmt::format("the blob was announced as {} but is {}", expected, found));
  }
  const fs::path path = blob_file(root_, expected);
  if (::fchmod(fd_, 0444) != 0 || ::fsync(fd_) != 0) return tl::unexpected(system_error("cannot store a blob", errno));
  crash_point("before_blob_rename");
  if (::rename(path_.c_str(), path.c_str()) != 0)
    return tl::unexpected(system_error("cannot store blob " + expected, errno));
  crash_point("after_blob_rename");
  if (const auto state = state_of(fd_)) verified_->add(expected, *state);
  ::close(std::exchange(fd_, -1));
  return sync_directory(path.parent_path());
}

void Upload::discard() {
  if (fd_ < 0) return;
  ::close(std::exchange(fd_, -1));
  ::unlink(path_.c_str());
}

ImageStore::ImageStore(fs::path root) : root_(std::move(root)), verified_(std::make_shared<VerifiedFiles>()) {}

Result<ImageStore> ImageStore::open(const fs::path& root) {
  std::error_code error;
  for (const char* part : {"blobs/sha256", "blobs/sha512", "uploads", "unpacked"}) {
    fs::create_directories(root / part, error);
    if (error) return fail("FileError", fmt::format("cannot make {}: {}", (root / part).string(), error.message()));
  }
  ::chmod(root.c_str(), 0700);
  // One form of the path, without symlinks: unpacking must not follow any.
  const fs::path canonical = fs::canonical(root, error);
  if (error) return fail("FileError", fmt::format("cannot open {}: {}", root.string(), error.message()));
  remove_halves(canonical / "unpacked");
  return ImageStore(canonical);
}

bool ImageStore::has_blob(std::string_view digest) const {
  std::error_code error;
  return is_digest(digest) && fs::exists(blob_file(root_, digest), error);
}

Result<fs::path> ImageStore::blob_path(std::string_view digest) const {
  if (!is_digest(digest)) return tl::unexpected(invalid(fmt::format("'{}' is not a digest", digest)));
  if (!has_blob(digest)) return fail("BlobNotFound", fmt::format("there is no blob {}", digest));
  return blob_file(root_, digest);
}

Result<void> ImageStore::verify_blob(std::string_view digest) const {
  TRY(const fs::path path, blob_path(digest));
  const OpenFile file(path);
  const auto state = state_of(file.fd);
  if (!state) return tl::unexpected(system_error("cannot read " + path.string(), errno));
  if (verified_->knows(digest, *state)) return {};
  TRY(const std::string found, digest_of_file(file.fd, algorithm_of(digest)));
  if (found != digest)
    return fail("DigestMismatch", fmt::format("{} does not hold {} any more", path.string(), digest));
  verified_->add(digest, *state);
  return {};
}

Result<std::string> ImageStore::read_blob(std::string_view digest, std::size_t limit) const {
  TRY(const fs::path path, blob_path(digest));
  TRY(std::string bytes, read_file(path, limit));
  if (digest_of(bytes, algorithm_of(digest)) != digest)
    return fail("DigestMismatch", fmt::format("{} does not hold {} any more", path.string(), digest));
  return bytes;
}

Result<std::string> ImageStore::put_blob(std::string_view bytes, DigestAlgorithm algorithm) const {
  std::string digest = digest_of(bytes, algorithm);
  std::string temporary = root_ / "uploads" / "put-XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return tl::unexpected(system_error("cannot store blob in " + root_.string(), errno));
  Upload upload(root_, temporary, fd, 0, verified_);
  Result<void> stored = upload.append(bytes);
  if (stored) stored = upload.commit(digest);
  upload.discard();
  if (!stored) return tl::unexpected(stored.error());
  return digest;
}

Result<void> ImageStore::remove_blob(std::string_view digest) const {
  if (!is_digest(digest)) return tl::unexpected(invalid(fmt::format("'{}' is not a digest", digest)));
  const fs::path path = blob_file(root_, digest);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return tl::unexpected(system_error("cannot remove " + path.string(), errno));
  return {};
}

Result<std::vector<std::string>> ImageStore::list_blobs() const {
  std::vector<std::string> digests;
  for (const DigestAlgorithm algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    std::error_code error;
    for (const auto& file : fs::directory_iterator(root_ / "blobs" / name_of(algorithm), error)) {
      std::string digest = fmt::format("{}:{}", name_of(algorithm), file.path().filename().string());
      if (is_digest(digest)) digests.push_back(std::move(digest));
    }
    if (error) return fail("FileError", fmt::format("cannot list the blobs: {}", error.message()));
  }
  return digests;
}

Result<Upload> ImageStore::begin_upload(const std::string& name) const {
  if (!is_upload_name(name)) return tl::unexpected(invalid(fmt::format("'{}' is not an upload's name", name)));
  const fs::path path = root_ / "uploads" / name;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return tl::unexpected(system_error("cannot write " + path.string(), errno));
  struct stat facts{};
  if (::fstat(fd, &facts) != 0) {
    const int failed = errno;
    ::close(fd);
    return tl::unexpected(system_error("cannot read " + path.string(), failed));
  }
  return Upload(root_, path, fd, static_cast<std::uint64_t>(facts.st_size), verified_);
}

std::optional<std::uint64_t> ImageStore::upload_size(const std::string& name) const {
  if (!is_upload_name(name)) return std::nullopt;
  struct stat facts{};
  if (::lstat((root_ / "uploads" / name).c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(facts.st_size);
}

void ImageStore::remove_uploads(Instant before) const {
  std::error_code error;
  for (const auto& file : fs::directory_iterator(root_ / "uploads", error)) {
    struct stat facts{};
    if (::lstat(file.path().c_str(), &facts) != 0) continue;
    if (static_cast<std::int64_t>(facts.st_mtim.tv_sec) * 1000 < to_ms(before)) ::unlink(file.path().c_str());
  }
}

std::vector<std::string> ImageStore::list_roots() const {
  std::vector<std::string> digests;
  std::error_code error;
  for (const auto& folder : fs::directory_iterator(root_ / "unpacked", error)) {
    const std::string hex = folder.path().filename().string();
    std::string digest = (hex.size() == 128 ? "sha512:" : "sha256:") + hex;
    if (is_digest(digest)) digests.push_back(std::move(digest));
  }
  return digests;
}

/// Renamed first, so that nobody sees half of one.
void ImageStore::remove_root(const std::string& digest) const {
  if (!is_digest(digest)) return;
  const fs::path root = root_ / "unpacked" / digest.substr(7), aside = root_ / "unpacked" / ("." + digest.substr(7) + ".gone");
  std::error_code error;
  fs::remove_all(aside, error);
  fs::rename(root, aside, error);
  fs::remove_all(aside, error);
}

Result<Manifest> ImageStore::manifest(std::string_view digest) const {
  TRY(std::string text, read_blob(digest));
  TRY(const ManifestFacts facts, parse_manifest_facts(text));
  std::string of_platform(digest);
  if (facts.index) {
    if (facts.for_this_machine.empty())
      return fail("InvalidManifest", fmt::format("the index {} has no image for this machine", digest));
    of_platform = facts.for_this_machine;
    TRY(text, read_blob(of_platform));
  }
  TRY(Manifest parsed, parse_manifest(text));
  parsed.digest = of_platform;
  TRY(const std::string config, read_blob(parsed.config_blob.digest));
  TRY(parsed.config, parse_image_config(config));
  return parsed;
}

}  // namespace registry

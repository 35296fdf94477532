#include "registry/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <set>

#include "registry/durable_file.h"

namespace registry {
namespace fs = std::filesystem;

namespace {
// A layer that claims more than this is an attack or a mistake: refuse it before it fills the disk.
constexpr std::uint64_t kUnpackedLimit = 16ull << 30;
constexpr std::uint64_t kEntryLimit = 2'000'000;
constexpr int kLinksFollowed = 40;

struct ReadArchive {
  archive* handle = archive_read_new();
  ~ReadArchive() { archive_read_free(handle); }
};
struct WriteDisk {
  archive* handle = archive_write_disk_new();
  ~WriteDisk() { archive_write_free(handle); }
};

Error refused(std::string_view entry, std::string_view why) {
  return Error{"InvalidLayer", fmt::format("layer entry '{}' {}", entry, why)};
}

/// libarchive does not always say why.
std::string reason(archive* handle) {
  const char* text = archive_error_string(handle);
  return text != nullptr ? text : "no reason given";
}

/// The components of an entry's path; nothing for the root itself. ".." is refused, not resolved.
Result<std::vector<std::string>> components(std::string_view path) {
  std::vector<std::string> parts;
  for (const fs::path& part : fs::path(path)) {
    if (part == "/" || part == "." || part.empty()) continue;
    if (part == "..") return tl::unexpected(refused(path, "leaves the image's root"));
    parts.push_back(part.string());
  }
  return parts;
}

/// Where `parts` lies below `root`, following the symlinks of earlier layers as the container itself would: an absolute
/// or climbing link ends at the root, never outside. The last component is not followed.
Result<fs::path> resolve_below(const fs::path& root, std::vector<std::string> parts) {
  std::vector<std::string> stack;
  int links = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == "..") {
      if (!stack.empty()) stack.pop_back();
      continue;
    }
    stack.push_back(parts[i]);
    if (i + 1 == parts.size()) break;
    fs::path here = root;
    for (const std::string& part : stack) here /= part;
    std::error_code error;
    if (!fs::is_symlink(fs::symlink_status(here, error))) continue;
    if (++links > kLinksFollowed) return tl::unexpected(refused(here.string(), "goes in circles"));
    const fs::path target = fs::read_symlink(here, error);
    std::vector<std::string> followed;
    for (const fs::path& part : target)
      if (part != "/" && part != "." && !part.empty()) followed.push_back(part.string());
    stack.pop_back();
    if (target.is_absolute()) stack.clear();
    followed.insert(followed.end(), parts.begin() + static_cast<std::ptrdiff_t>(i) + 1, parts.end());
    parts = std::move(followed);
    i = static_cast<std::size_t>(-1);
  }
  fs::path path = root;
  for (const std::string& part : stack) path /= part;
  return path;
}

Result<void> copy_data(archive* from, archive* to, std::uint64_t& total) {
  const void* block = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  for (;;) {
    const int got = archive_read_data_block(from, &block, &size, &offset);
    if (got == ARCHIVE_EOF) return {};
    if (got < ARCHIVE_WARN) return fail("InvalidLayer", fmt::format("damaged layer: {}", reason(from)));
    total += size;
    if (total > kUnpackedLimit) return fail("InvalidLayer", "the layer unpacks to more than 16 GiB");
    if (archive_write_data_block(to, block, size, offset) < ARCHIVE_WARN)
      return tl::unexpected(system_error(fmt::format("cannot unpack: {}", reason(to)), archive_errno(to)));
  }
}

/// One layer being laid over what the layers below left.
class LayerWriter {
 public:
  explicit LayerWriter(const fs::path& root) : root_(root) {
    int flags = ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_UNLINK | ARCHIVE_EXTRACT_SECURE_SYMLINKS |
                ARCHIVE_EXTRACT_SECURE_NODOTDOT;
    if (::geteuid() == 0) flags |= ARCHIVE_EXTRACT_OWNER;
    archive_write_disk_set_options(disk_.handle, flags);
  }

  Result<void> write(archive* from, archive_entry* entry) {
    const char* raw = archive_entry_pathname(entry);
    const std::string name = raw == nullptr ? "" : raw;
    if (++entries_ > kEntryLimit) return fail("InvalidLayer", "the layer has more than two million entries");
    TRY(const std::vector<std::string> parts, components(name));
    if (parts.empty()) return {};  // the root itself
    TRY(const fs::path path, resolve_below(root_, parts));
    if (parts.back().starts_with(".wh.")) return white_out(path);
    // Device nodes cannot be made by an ordinary user, and a task gets its own /dev.
    const auto type = archive_entry_filetype(entry);
    if (type == AE_IFCHR || type == AE_IFBLK) return {};

    if (const char* link = archive_entry_hardlink(entry)) {
      TRY(const std::vector<std::string> target_parts, components(link));
      TRY(const fs::path target, resolve_below(root_, target_parts));
      archive_entry_copy_hardlink(entry, target.c_str());
    }
    std::error_code error;
    make_parents(path);
    // A directory over a file of a lower layer, and the reverse, replaces it.
    const fs::file_status old = fs::symlink_status(path, error);
    if (fs::exists(old) && fs::is_directory(old) != (type == AE_IFDIR)) fs::remove_all(path, error);
    archive_entry_copy_pathname(entry, path.c_str());
    archive_entry_set_uname(entry, nullptr);
    archive_entry_set_gname(entry, nullptr);
    if (archive_write_header(disk_.handle, entry) < ARCHIVE_WARN)
      return tl::unexpected(system_error(fmt::format("cannot unpack '{}'", name), archive_errno(disk_.handle)));
    if (archive_entry_size(entry) > 0) TRY_VOID(copy_data(from, disk_.handle, bytes_));
    if (archive_write_finish_entry(disk_.handle) < ARCHIVE_WARN)
      return tl::unexpected(system_error(fmt::format("cannot unpack '{}'", name), archive_errno(disk_.handle)));
    written_.insert(path);
    return {};
  }

 private:
  /// A file of a lower layer where this layer needs a directory gives way.
  void make_parents(const fs::path& path) {
    std::error_code error;
    if (fs::is_directory(fs::symlink_status(path.parent_path(), error))) return;
    fs::path above = root_;
    for (const fs::path& part : path.parent_path().lexically_relative(root_)) {
      above /= part;
      const fs::file_status status = fs::symlink_status(above, error);
      if (fs::exists(status) && !fs::is_directory(status)) fs::remove(above, error);
    }
    fs::create_directories(path.parent_path(), error);
  }

  Result<void> white_out(const fs::path& marker) {
    std::error_code error;
    const std::string name = marker.filename().string();
    if (name != ".wh..wh..opq") {
      const std::string hidden = name.substr(4);
      if (hidden.empty() || hidden == "." || hidden == "..")
        return tl::unexpected(refused(name, "is a whiteout that hides no name"));
      fs::remove_all(marker.parent_path() / hidden, error);
      return {};
    }
    // Opaque: what lower layers left goes, what this layer already wrote stays.
    for (const auto& child : fs::directory_iterator(marker.parent_path(), error)) {
      const auto next = written_.lower_bound(child.path());
      const bool ours = next != written_.end() &&
                        (*next == child.path() || next->string().starts_with(child.path().string() + "/"));
      if (!ours) fs::remove_all(child.path(), error);
    }
    return {};
  }

  const fs::path& root_;
  WriteDisk disk_;
  std::set<fs::path> written_;
  std::uint64_t bytes_ = 0, entries_ = 0;
};

/// Half an image does not stay, whatever keeps it from being whole. (Once renamed it is not there any more.)
struct PartialRoot {
  const fs::path path;
  ~PartialRoot() {
    std::error_code error;
    fs::remove_all(path, error);
  }
};
}  // namespace

Result<void> apply_layer(const fs::path& archive_path, const fs::path& root) {
  ReadArchive reader;
  archive_read_support_format_tar(reader.handle);
  // Not "filter_all": that one would run external programs for odd compressions.
  archive_read_support_filter_gzip(reader.handle);
  archive_read_support_filter_zstd(reader.handle);
  if (archive_read_open_filename(reader.handle, archive_path.c_str(), 65536) != ARCHIVE_OK)
    return fail("InvalidLayer", fmt::format("cannot read layer: {}", reason(reader.handle)));
  LayerWriter writer(root);
  archive_entry* entry = nullptr;
  for (;;) {
    const int got = archive_read_next_header(reader.handle, &entry);
    if (got == ARCHIVE_EOF) return {};
    if (got < ARCHIVE_WARN)
      return fail("InvalidLayer", fmt::format("damaged layer: {}", reason(reader.handle)));
    TRY_VOID(writer.write(reader.handle, entry));
  }
}

Result<fs::path> unpack_image(const ImageStore& store, std::string_view manifest_digest) {
  if (!is_digest(manifest_digest))
    return fail("InvalidParameterException", fmt::format("'{}' is not a digest", manifest_digest));
  const std::string hex(manifest_digest.substr(7));
  const fs::path base = store.root() / "unpacked";
  const fs::path done = base / hex;
  std::error_code error;
  if (fs::exists(done, error)) return done;

  TRY(const FileLock lock, FileLock::acquire(base / ("." + hex + ".lock")));
  if (fs::exists(done, error)) return done;
  TRY(const Manifest manifest, store.manifest(manifest_digest));
  const fs::path partial = base / ("." + hex + ".partial");
  fs::remove_all(partial, error);  // of one that failed to go
  const PartialRoot whole_or_nothing{partial};
  fs::create_directory(partial, error);
  if (error) return fail("FileError", fmt::format("cannot make {}: {}", partial.string(), error.message()));
  ::chmod(partial.c_str(), 0755);  // the task's "/"
  for (const BlobDescriptor& layer : manifest.layers) {
    TRY(const fs::path path, store.blob_path(layer.digest));
    TRY_VOID(store.verify_blob(layer.digest));
    TRY_VOID(apply_layer(path, partial));
  }
  // One syncfs instead of an fsync for each file: the rename must not become durable before the contents.
  if (const int fd = ::open(partial.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); fd >= 0) {
    ::syncfs(fd);
    ::close(fd);
  }
  if (::rename(partial.c_str(), done.c_str()) != 0)
    return tl::unexpected(system_error("cannot store " + done.string(), errno));
  TRY_VOID(sync_directory(base));
  return done;
}

}  // namespace registry

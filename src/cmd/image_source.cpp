#include "cmd/image_source.h"

#include <fmt/format.h>

#include "registry/image_name.h"
#include "registry/unpack.h"

namespace cmd {

drivers::process::FindImage image_source(const registry::ImageStore& store) {
  return [&store](const drivers::ContainerSpec& container) -> Result<drivers::process::ImageRoot> {
    if (container.manifest_digest.empty()) {
      TRY(const registry::ImageName name, registry::parse_image_name(container.image));
      return fail("ImageNotFound", fmt::format("the registry has no image '{}' in a repository '{}': push it first", name.reference,
                                               name.repository));
    }
    TRY(const registry::Manifest manifest, store.manifest(container.manifest_digest));
    drivers::process::ImageRoot root;
    TRY(root.path, registry::unpack_image(store, manifest.digest));
    root.digest = manifest.digest;
    root.entry_point = manifest.config.entry_point;
    root.command = manifest.config.command;
    root.environment = manifest.config.environment;
    root.working_directory = manifest.config.working_directory;
    root.user = manifest.config.user;
    return root;
  };
}

namespace {
/// "<account>.dkr.ecr.<region>.amazonaws.com": what is not in the store does not exist.
bool is_ecr(const std::string& host) {
  return host.find(".dkr.ecr.") != std::string::npos && host.find(".amazonaws.com") != std::string::npos;
}
}  // namespace

drivers::docker::FindImage docker_image_source(const registry::ImageStore& store) {
  return [&store](const drivers::ContainerSpec& container) -> Result<std::optional<drivers::docker::ImageFiles>> {
    TRY(const registry::ImageName name, registry::parse_image_name(container.image));
    std::string digest = container.manifest_digest;
    if (digest.empty() || !store.has_blob(digest)) {
      const auto found = store.resolve(name.repository, name.reference);
      if (!found && found.error().code == "RepositoryNotFound" && !is_ecr(name.host)) return std::nullopt;
      if (!found && !name.host.empty() && !is_ecr(name.host)) return std::nullopt;
      if (!found) return tl::unexpected(found.error());
      digest = *found;
    }
    TRY(const registry::Manifest manifest, store.manifest(digest));
    drivers::docker::ImageFiles files;
    files.manifest_digest = digest;
    files.config_digest = manifest.config_blob.digest;
    // Under a digest Docker takes no name.
    if (name.reference.find(':') == std::string::npos)
      files.name = (name.host.empty() ? "" : name.host + "/") + name.repository + ":" + name.reference;
    TRY(files.config, store.blob_path(manifest.config_blob.digest));
    for (const registry::BlobDescriptor& layer : manifest.layers) {
      TRY(std::filesystem::path path, store.blob_path(layer.digest));
      files.layers.push_back(std::move(path));
    }
    return files;
  };
}

}  // namespace cmd

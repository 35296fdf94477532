#include "cmd/image_source.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "drivers/docker/network_holder.h"
#include "drivers/files.h"
#include "registry/image_name.h"
#include "registry/pack.h"
#include "registry/unpack.h"

namespace cmd {

namespace {
Error not_pushed(const registry::ImageName& name) {
  return {"ImageNotFound",
          fmt::format("the registry has no image '{}' in a repository '{}': push it first", name.reference, name.repository)};
}

/// "<account>.dkr.ecr.<region>.amazonaws.com": what is not in the store does not exist.
bool is_ecr(const std::string& host) {
  return host.find(".dkr.ecr.") != std::string::npos && host.find(".amazonaws.com") != std::string::npos;
}

/// The helper that waits when told to (drivers/process/shim_program.cpp), as an image; its files are written anew each time.
Result<drivers::docker::ImageFiles> holder_image(const std::filesystem::path& directory) {
  std::error_code error;
  registry::PackRequest request;
  request.binary = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "scaleout-shim";
  request.arguments = {"pause"};
  TRY(const registry::PackedImage image, registry::pack_binary(request));
  std::filesystem::create_directories(directory, error);
  drivers::docker::ImageFiles files;
  files.manifest_digest = image.digest;
  files.config_digest = image.config_digest;
  files.config = directory / "config.json";
  files.layers = {directory / "layer.tar.gz"};
  if (!drivers::replace_whole(files.config, image.config, false) || !drivers::replace_whole(files.layers.front(), image.layer, false))
    return fail("FileError", fmt::format("cannot write the image of network holders below {}: {}", directory.string(), std::strerror(errno)));
  return files;
}
}  // namespace

drivers::process::FindImage image_source(const registry::ImageStore& store) {
  return [&store](const drivers::ContainerSpec& container) -> Result<drivers::process::ImageRoot> {
    TRY(const registry::ImageName name, registry::parse_image_name(container.image));
    if (container.manifest_digest.empty()) return tl::unexpected(not_pushed(name));
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

drivers::docker::FindImage docker_image_source(const registry::ImageStore& store, std::filesystem::path directory) {
  return [&store, directory = std::move(directory)](const drivers::ContainerSpec& container) -> Result<std::optional<drivers::docker::ImageFiles>> {
    if (drivers::docker::is_holder(container)) return holder_image(directory);
    TRY(const registry::ImageName name, registry::parse_image_name(container.image));
    // Without a digest, or with one of a registry elsewhere, it is none of ours.
    if (!store.has_blob(container.manifest_digest)) {
      if (is_ecr(name.host)) return tl::unexpected(not_pushed(name));
      return std::nullopt;
    }
    TRY(const registry::Manifest manifest, store.manifest(container.manifest_digest));
    drivers::docker::ImageFiles files;
    files.manifest_digest = manifest.digest;
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

#include "cmd/image_source.h"

#include "registry/image_name.h"
#include "registry/unpack.h"

namespace cmd {

drivers::process::FindImage image_source(const registry::ImageStore& store) {
  return [&store](const drivers::ContainerSpec& container) -> Result<drivers::process::ImageRoot> {
    TRY(const registry::ImageName name, registry::parse_image_name(container.image));
    std::string digest = container.manifest_digest;
    if (digest.empty()) {
      TRY(digest, store.resolve(name.repository, name.reference));
    }
    TRY(const registry::Manifest manifest, store.manifest(digest));
    drivers::process::ImageRoot root;
    TRY(root.path, registry::unpack_image(store, digest));
    root.digest = digest;
    root.entry_point = manifest.config.entry_point;
    root.command = manifest.config.command;
    root.environment = manifest.config.environment;
    root.working_directory = manifest.config.working_directory;
    root.user = manifest.config.user;
    return root;
  };
}

}  // namespace cmd

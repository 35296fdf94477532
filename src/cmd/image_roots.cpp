#include "cmd/image_roots.h"

#include <fmt/format.h>

#include "registry/image_name.h"
#include "registry/unpack.h"

drivers::process::FindImage image_roots(registry::ImageStore store) {
  return [store = std::move(store)](const drivers::ContainerSpec& container) -> Result<drivers::process::ImageRoot> {
    std::string digest = container.manifest_digest;
    if (digest.empty()) {
      TRY(const registry::ImageName name, registry::parse_image_name(container.image));
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

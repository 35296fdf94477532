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

}  // namespace cmd

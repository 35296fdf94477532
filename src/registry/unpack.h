// Unpacks an image once into a directory that tasks share as the read-only lower half of their overlay. Called by the
// process runtime's image look-up. Safe when two ask at once (also two processes) and when one dies in it.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "registry/image_store.h"

namespace registry {

/// `<store>/unpacked/<hex of the manifest's digest>`. Every layer is verified again, entries cannot leave the root
/// (neither by "..", nor by symlinks, nor by hard links), whiteouts are honoured, devices are left out.
Result<std::filesystem::path> unpack_image(const ImageStore& store, std::string_view manifest_digest);

/// One layer archive over `root` (canonical, used by nobody else meanwhile). For unpack_image and tests.
Result<void> apply_layer(const std::filesystem::path& archive, const std::filesystem::path& root);

}  // namespace registry

// Makes an image of one static binary, without Docker. Called by `scaleout push`.
// The same binary and options give the same digest, on any machine and at any time.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace registry {

struct PackRequest {
  std::filesystem::path binary;
  std::string name{};  ///< its name in the image's root; empty: the file's own
  std::vector<std::string> arguments{};
  std::map<std::string, std::string> environment{};
  std::vector<int> exposed_ports{};
  std::map<std::string, std::string> labels{};
};

struct PackedImage {
  std::string manifest, digest;  ///< the manifest's JSON and its digest
  std::string config, config_digest;
  std::string layer, layer_digest;
};

/// Why `elf` cannot run alone in an empty root, in words for the user; InvalidBinary. Fine: nothing.
Result<void> check_static_binary(std::string_view elf, const std::string& name);

/// Nothing is stored: push.h sends it to a registry. Refuses what is missing, no ELF file, of another machine, or dynamically linked (and names what it needs).
Result<PackedImage> pack_binary(const PackRequest& request);

}  // namespace registry

// Whole files, and names that become part of paths. Used by the runtimes and the shim, so nothing here needs more than libc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace drivers {

/// The whole file; nothing if it is not there.
std::optional<std::string> read_whole(const std::string& path);
/// Written aside and renamed; `durable` syncs it too. False with errno set.
bool replace_whole(const std::string& path, std::string_view bytes, bool durable, unsigned mode = 0644);

/// Letters, digits, "-" and "_", at most 240: checked before an id or a container's name becomes part of a path.
bool is_safe_name(std::string_view name);

/// Names what is this engine's own on the machine (cgroups, containers), from its state directory.
std::string state_key(std::string_view state_directory);

}  // namespace drivers

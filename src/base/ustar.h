// The header of a file in a ustar archive, for those who write one to the byte: only name, size and mode decide it (time 0, owner 0).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

inline constexpr std::size_t kUstarBlock = 512;  ///< headers have one; contents are padded to a multiple of it

/// `mode`: seven octal digits ("0000755"). A name has at most 100 bytes, a file less than 8 GiB.
std::string ustar_header(std::string_view name, std::uint64_t size, std::string_view mode);

// Which operation of the distribution API a request asks for. Pure: names, tags and digests are checked here, before
// anything else sees them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace registry {

enum class Resource { base, catalog, tags, manifest, blob, uploads, upload, referrers };

struct Route {
  Resource resource = Resource::base;
  std::string repository;
  std::string reference;  ///< tag or digest; digest of a blob or a referrers' subject; an upload's id
};

/// Of "/v2/…". Errors are OCI codes: NAME_INVALID, DIGEST_INVALID, TAG_INVALID, BLOB_UPLOAD_UNKNOWN, and UNSUPPORTED for a
/// path that is none of the API's.
Result<Route> parse_route(std::string_view path);

/// "a%2Fb+c" to "a/b c"; nothing where an escape is none.
std::optional<std::string> decode_percent(std::string_view text, bool plus_is_space);
/// Every value of a query's parameter, decoded.
std::vector<std::string> query_values(const net::Request& request, std::string_view name);
/// The first of them, or "".
std::string query_value(const net::Request& request, std::string_view name);

/// Of a resource with `size` bytes: "bytes=a-b", "bytes=a-" or "bytes=-n". Whole, where the header is none of these;
/// RANGE_INVALID where nothing of the resource is in it.
struct ByteRange {
  std::uint64_t begin = 0, length = 0;
  bool whole = true;
};
Result<ByteRange> parse_range(std::string_view header, std::uint64_t size);

/// "a-b" (or "bytes a-b/…") of a chunk being uploaded.
struct ChunkRange {
  std::uint64_t begin = 0, end = 0;  ///< both inclusive
};
std::optional<ChunkRange> parse_chunk_range(std::string_view header);

}  // namespace registry

#include "registry/route.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "registry/digest.h"

namespace registry {

namespace {

constexpr std::string_view kBase = "/v2/";
constexpr std::size_t kPathMost = 1024;  // a name has 256 characters, a tag 128, a digest 135

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_upload_id(std::string_view text) {
  return text.size() == 36 && std::all_of(text.begin(), text.end(), [](char c) { return c == '-' || hex_digit(c) >= 0; });
}

tl::unexpected<Error> no_digest(std::string_view text) {
  return fail("DIGEST_INVALID", fmt::format("'{}' is no sha256 or sha512 digest", text.substr(0, 200)));
}

Result<void> check_reference(const Route& route) {
  switch (route.resource) {
    case Resource::manifest:
      if (is_tag(route.reference) || is_digest(route.reference)) return {};
      if (route.reference.find(':') != std::string::npos) return no_digest(route.reference);
      return fail("TAG_INVALID", fmt::format("'{}' is neither a tag nor a digest", route.reference.substr(0, 200)));
    case Resource::blob:
    case Resource::referrers:
      if (is_digest(route.reference)) return {};
      return no_digest(route.reference);
    case Resource::upload:
      if (is_upload_id(route.reference)) return {};
      return fail("BLOB_UPLOAD_UNKNOWN", "there is no such upload");
    default:
      return {};
  }
}

}  // namespace

Result<Route> parse_route(std::string_view path) {
  const auto unknown = [] { return fail("UNSUPPORTED", "this path is none of the registry's"); };
  if (path == "/v2" || path == kBase) return Route{};
  if (!path.starts_with(kBase) || path.size() > kPathMost) return unknown();
  const std::optional<std::string> decoded = decode_percent(path.substr(kBase.size()), false);
  if (!decoded) return unknown();
  std::string_view rest = *decoded;
  if (rest == "_catalog") return Route{Resource::catalog, {}, {}};

  Route route;
  std::string_view name;
  if (rest.ends_with("/tags/list")) {
    route.resource = Resource::tags;
    name = rest.substr(0, rest.size() - std::string_view("/tags/list").size());
  } else if (rest.ends_with("/blobs/uploads/") || rest.ends_with("/blobs/uploads")) {
    route.resource = Resource::uploads;
    name = rest.substr(0, rest.rfind("/blobs/uploads"));
  } else {
    const std::size_t slash = rest.rfind('/');
    if (slash == std::string_view::npos) return unknown();
    route.reference = rest.substr(slash + 1);
    const std::string_view before = rest.substr(0, slash);
    for (const auto& [ending, resource] : {std::pair(std::string_view("/manifests"), Resource::manifest),
                                           std::pair(std::string_view("/blobs/uploads"), Resource::upload),
                                           std::pair(std::string_view("/blobs"), Resource::blob),
                                           std::pair(std::string_view("/referrers"), Resource::referrers)}) {
      if (!before.ends_with(ending)) continue;
      route.resource = resource;
      name = before.substr(0, before.size() - ending.size());
      break;
    }
    if (route.resource == Resource::base) return unknown();
  }
  if (!is_repository_name(name)) {
    return fail("NAME_INVALID", fmt::format("'{}' is no repository's name: lower-case letters and digits, joined by . _ - or /",
                                            name.substr(0, 200)));
  }
  route.repository = name;
  TRY_VOID(check_reference(route));
  return route;
}

std::optional<std::string> decode_percent(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return out;
}

std::vector<std::string> query_values(const net::Request& request, std::string_view name) {
  std::vector<std::string> values;
  std::string_view query = request.query();
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    if (auto decoded = decode_percent(value, true)) values.push_back(*std::move(decoded));
  }
  return values;
}

std::string query_value(const net::Request& request, std::string_view name) {
  std::vector<std::string> values = query_values(request, name);
  return values.empty() ? std::string() : std::move(values.front());
}

Result<ByteRange> parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  const ByteRange whole{0, size, true};
  const std::size_t dash = header.find('-');
  if (!header.starts_with(kUnit) || dash == std::string_view::npos) return whole;
  const std::string_view first = header.substr(kUnit.size(), dash - kUnit.size()), last = header.substr(dash + 1);
  const auto begin = number(first), end = number(last);
  if ((!begin && !first.empty()) || (!end && !last.empty()) || (first.empty() && last.empty())) return whole;
  const auto outside = [&] {
    return fail("RANGE_INVALID", fmt::format("the range is not within the {} bytes that there are", size));
  };
  if (first.empty()) {
    if (*end == 0 || size == 0) return outside();
    const std::uint64_t length = std::min(*end, size);
    return ByteRange{size - length, length, false};
  }
  if (*begin >= size || (end && *end < *begin)) return outside();
  const std::uint64_t behind = end && *end < size ? *end + 1 : size;
  return ByteRange{*begin, behind - *begin, false};
}

std::optional<ChunkRange> parse_chunk_range(std::string_view header) {
  if (header.starts_with("bytes ")) header.remove_prefix(6);
  header = header.substr(0, header.find('/'));
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto begin = number(header.substr(0, dash)), end = number(header.substr(dash + 1));
  if (!begin || !end || *end < *begin) return std::nullopt;
  return ChunkRange{*begin, *end};
}

}  // namespace registry

#include "registry/image_name.h"

#include <fmt/format.h>

#include "registry/digest.h"

namespace registry {

Result<ImageName> parse_image_name(std::string_view text) {
  const std::string_view whole = text;
  const auto invalid = [&](std::string_view why) {
    return fail("InvalidParameterException", fmt::format("'{}' is not an image name: {}", whole, why));
  };
  ImageName name;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view first = text.substr(0, slash);
    if (first.find_first_of(".:") != std::string_view::npos || first == "localhost") {
      const bool letters = first.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-[]") == std::string_view::npos;
      if (!letters || first.front() == '.' || first.front() == '-' || first.front() == ':') return invalid("its first part is no host");
      name.host = first;
      text.remove_prefix(slash + 1);
    }
  }
  std::string_view digest;
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    digest = text.substr(at + 1);
    text = text.substr(0, at);
    if (!is_digest(digest)) return invalid("behind @ stands a sha256 digest");
  }
  name.reference = "latest";
  if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    name.reference = text.substr(colon + 1);
    text = text.substr(0, colon);
    if (!is_tag(name.reference)) return invalid("behind : stands a tag of letters, digits and . _ -");
  }
  if (!digest.empty()) name.reference = digest;
  name.repository = text;
  if (!is_repository_name(name.repository)) return invalid("a repository has lower-case letters and digits, joined by one of . _ - or /");
  return name;
}

}  // namespace registry

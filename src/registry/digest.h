// Names and digests of images, checked before any of them becomes part of a file name. Called by everything in this room
// and by services that must refuse a bad name with their own error.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace registry {

/// "sha256:" and 64, or "sha512:" and 128, lower-case hexadecimal digits. The only algorithms we take.
bool is_digest(std::string_view text);
/// The OCI rule within ECR's length: lower-case path components of letters and digits, joined by ".", "_", "__" or any
/// number of "-"; 2 to 256 characters.
bool is_repository_name(std::string_view text);
/// The OCI rule: 1 to 128 of letters, digits, "_ . -", not starting with "." or "-".
bool is_tag(std::string_view text);

enum class DigestAlgorithm { sha256, sha512 };
/// Of a text that is_digest().
DigestAlgorithm algorithm_of(std::string_view digest);
/// "sha256", for a digest's text and the store's folders.
std::string_view name_of(DigestAlgorithm algorithm);

std::string digest_of(std::string_view bytes, DigestAlgorithm algorithm = DigestAlgorithm::sha256);

/// A digest over bytes that come in pieces.
class Hasher {
 public:
  explicit Hasher(DigestAlgorithm algorithm = DigestAlgorithm::sha256);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  void update(std::string_view bytes);
  /// "sha256:…"; once.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
  DigestAlgorithm algorithm_;
};

}  // namespace registry

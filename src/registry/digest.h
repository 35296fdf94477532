// Names and digests of images, checked before any of them becomes part of a file name. Called by everything in this room
// and by services that must refuse a bad name with their own error.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace registry {

/// "sha256:" and 64 lower-case hexadecimal digits. The only algorithm we take.
bool is_digest(std::string_view text);
/// ECR's rule: lower-case path components of letters and digits, joined by one of ". _ -"; 2 to 256 characters.
bool is_repository_name(std::string_view text);
/// The OCI rule: 1 to 128 of letters, digits, "_ . -", not starting with "." or "-".
bool is_tag(std::string_view text);

std::string sha256_digest(std::string_view bytes);

/// A digest over bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  /// "sha256:…"; once.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace registry

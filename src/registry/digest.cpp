#include "registry/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <new>

namespace registry {
namespace {
bool is_lower_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alphanumeric(char c) { return is_lower_alphanumeric(c) || (c >= 'A' && c <= 'Z'); }
bool is_separator(char c) { return c == '.' || c == '_' || c == '-'; }

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// What may join two words of a component.
bool is_joint(std::string_view text) {
  return text == "." || text == "_" || text == "__" || text.find_first_not_of('-') == std::string_view::npos;
}
}  // namespace

bool is_digest(std::string_view text) {
  if (text.starts_with("sha256:")) return is_hex(text.substr(7), 64);
  return text.starts_with("sha512:") && is_hex(text.substr(7), 128);
}

bool is_repository_name(std::string_view text) {
  if (text.size() < 2 || text.size() > 256) return false;
  bool after_word = false;  // only a letter or digit may precede a separator, a slash or the end
  for (std::size_t at = 0; at < text.size();) {
    if (is_lower_alphanumeric(text[at])) {
      after_word = true;
      ++at;
      continue;
    }
    if (!after_word) return false;
    after_word = false;
    if (text[at] == '/') {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < text.size() && is_separator(text[at])) ++at;
    if (at == begin || !is_joint(text.substr(begin, at - begin))) return false;
    if (at < text.size() && text[at] == '/') return false;
  }
  return after_word;
}

bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > 128) return false;
  if (!is_alphanumeric(text.front()) && text.front() != '_') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || is_separator(c); });
}

DigestAlgorithm algorithm_of(std::string_view digest) {
  return digest.starts_with("sha512:") ? DigestAlgorithm::sha512 : DigestAlgorithm::sha256;
}

std::string_view name_of(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::sha512 ? "sha512" : "sha256";
}

struct Hasher::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  explicit Context(const EVP_MD* method) {
    if (evp == nullptr || EVP_DigestInit_ex(evp, method, nullptr) != 1) throw std::bad_alloc();
  }
  ~Context() { EVP_MD_CTX_free(evp); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
};

Hasher::Hasher(DigestAlgorithm algorithm)
    : context_(std::make_unique<Context>(algorithm == DigestAlgorithm::sha512 ? EVP_sha512() : EVP_sha256())),
      algorithm_(algorithm) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::string_view bytes) { EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()); }

std::string Hasher::finish() {
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(context_->evp, raw, &size);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(name_of(algorithm_));
  text += ':';
  for (unsigned i = 0; i < size; ++i) {
    text += kDigits[raw[i] >> 4];
    text += kDigits[raw[i] & 15];
  }
  return text;
}

std::string digest_of(std::string_view bytes, DigestAlgorithm algorithm) {
  Hasher hash(algorithm);
  hash.update(bytes);
  return hash.finish();
}

}  // namespace registry

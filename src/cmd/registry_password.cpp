#include "cmd/registry_password.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <charconv>

namespace cmd {

std::string RegistryPassword::seal(std::string_view text) const {
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const std::string message = fmt::format("scaleout registry {}", text);
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), raw, &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", raw[i]);
  return hex;
}

std::string RegistryPassword::until(Instant time) const {
  const std::string text = std::to_string(to_ms(time));
  return text + "." + seal(text);
}

bool RegistryPassword::holds(std::string_view password, Instant now) const {
  const std::string_view text = password.substr(0, password.find('.'));
  std::int64_t until = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), until);
  if (error != std::errc() || end != text.data() + text.size() || text.size() == password.size()) return false;
  const std::string sealed = seal(text);
  const std::string_view given = password.substr(text.size() + 1);
  return given.size() == sealed.size() && CRYPTO_memcmp(given.data(), sealed.data(), sealed.size()) == 0 && to_ms(now) < until;
}

}  // namespace cmd

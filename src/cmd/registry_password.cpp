#include "cmd/registry_password.h"

#include <fmt/format.h>

#include <charconv>

#include "base/sha256.h"

namespace cmd {

std::string RegistryPassword::seal(std::string_view text) const {
  return lower_hex(hmac_sha256(secret_, fmt::format("scaleout registry {}", text)));
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
  return same_secret(password.substr(text.size() + 1), seal(text)) && to_ms(now) < until;
}

}  // namespace cmd

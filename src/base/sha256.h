// SHA-256, its keyed form (RFC 2104) and how either is written and compared.
#pragma once

#include <string>
#include <string_view>

/// 32 raw bytes.
std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view text);

/// Two digits for each byte.
std::string lower_hex(std::string_view bytes);

/// Takes as long whatever differs, so that nobody finds a secret by its first wrong byte.
bool same_secret(std::string_view a, std::string_view b);

// X.509 as ACM needs it, on OpenSSL: reads certificates and keys, makes the authority and what it signs. Called by this
// service's handlers only; PEM goes in and out.
//
// What always holds: a certificate and key that pass check_pair() and check_usable() are taken by the balancer too.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"

namespace services::acm {

struct CertificateFacts {
  std::vector<std::string> names;  ///< of the subject alternative names; without them the common name
  std::string key_algorithm;       ///< RSA-2048, EC-prime256v1, …; empty: one that ACM does not know
  std::string signature_algorithm, serial, subject, issuer;
  Instant not_before{}, not_after{};
};

struct KeyUses {
  std::vector<std::string> uses;                                      ///< DIGITAL_SIGNATURE, …
  std::vector<std::pair<std::string, std::string>> extended;  ///< TLS_WEB_SERVER_AUTHENTICATION and its OID, …
};

struct KeyPair {
  std::string certificate, private_key;  ///< PEM
};

/// ValidationException where the text is not exactly one certificate.
Result<CertificateFacts> read_certificate(const std::string& pem);
KeyUses key_uses(const std::string& pem);

/// Whether the key is a plain one, of a kind that ACM takes, and the certificate's.
Result<void> check_pair(const std::string& certificate, const std::string& private_key);
/// Whether each certificate of the chain signed the one before it.
Result<void> check_chain(const std::string& certificate, const std::string& chain);
/// Whether a TLS server may show it now.
Result<void> check_usable(const std::string& certificate, Instant now);

/// An authority of the engine's own, valid for ten years.
KeyPair make_authority(Random& random, Instant now);
/// `names`: the subject's first. `key_algorithm` as requests say it: RSA_2048, EC_prime256v1, …
KeyPair issue(const KeyPair& authority, const std::vector<std::string>& names, const std::string& key_algorithm,
              Random& random, Instant now);

/// Lower-case hexadecimal SHA-256.
std::string fingerprint(std::string_view text);

}  // namespace services::acm

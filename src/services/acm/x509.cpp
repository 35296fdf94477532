#include "services/acm/x509.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cassert>
#include <cstring>
#include <ctime>
#include <memory>

#include "base/sha256.h"

namespace services::acm {
namespace {

template <auto Free>
struct Freeing {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Bio = std::unique_ptr<BIO, Freeing<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using X509Pointer = std::unique_ptr<X509, Freeing<X509_free>>;

constexpr const char* kOneOnly =
    "The certificate field contains more than one certificate. You can specify only one certificate in this field.";

tl::unexpected<Error> invalid(std::string message) { return fail("ValidationException", std::move(message)); }

Bio reader(const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

/// Never asks anybody for a password: an encrypted key is not read.
int no_password(char*, int, int, void*) { return -1; }

std::vector<X509Pointer> certificates_in(const std::string& pem) {
  std::vector<X509Pointer> found;
  const Bio in = reader(pem);
  while (X509* one = PEM_read_bio_X509(in.get(), nullptr, no_password, nullptr)) found.emplace_back(one);
  return found;
}

Key private_key_in(const std::string& pem) {
  return Key(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, no_password, nullptr));
}

std::string drained(const Bio& out) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string text_of(const X509* certificate) {
  const Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate);
  return drained(out);
}

std::string text_of(const EVP_PKEY* key) {
  const Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return drained(out);
}

/// RFC 2253's order the other way round and with blanks, as ACM shows it: "C=US, O=Example, CN=example.com".
std::string text_of(const X509_NAME* name) {
  const Bio out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ & ~ASN1_STRFLGS_ESC_MSB);
  return drained(out);
}

std::string text_of(const ASN1_INTEGER* serial) {
  const std::unique_ptr<BIGNUM, Freeing<BN_free>> number(ASN1_INTEGER_to_BN(serial, nullptr));
  std::vector<unsigned char> bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), bytes.data());
  return fmt::format("{:02x}", fmt::join(bytes, ":"));
}

Instant instant_of(const ASN1_TIME* time) {
  tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return instant_from_ms(static_cast<std::int64_t>(timegm(&parts)) * 1000);
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  using Alternatives = std::unique_ptr<GENERAL_NAMES, Freeing<GENERAL_NAMES_free>>;
  const Alternatives alternatives(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type != GEN_DNS) continue;
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                       static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  char common[256];
  if (names.empty() &&
      X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, common, sizeof common) > 0) {
    names.emplace_back(common);
  }
  return names;
}

/// As ACM shows it; requests write it with an underscore.
std::string algorithm_of(const EVP_PKEY* key) {
  if (!key) return "";
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    const int bits = EVP_PKEY_get_bits(key);
    return bits == 1024 || bits == 2048 || bits == 3072 || bits == 4096 ? fmt::format("RSA-{}", bits) : "";
  }
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return "";
  char curve[64] = "";
  EVP_PKEY_get_group_name(key, curve, sizeof curve, nullptr);
  const std::string_view name = curve;
  return name == "prime256v1" || name == "secp384r1" || name == "secp521r1" ? fmt::format("EC-{}", name) : "";
}

std::string signature_of(const X509* certificate) {
  int digest = NID_undef, kind = NID_undef;
  OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, &kind);
  std::string text = digest == NID_undef ? "" : OBJ_nid2sn(digest);
  const char* with = kind == EVP_PKEY_EC ? "ECDSA" : "RSA";
  return text + "WITH" + with;
}

Key make_key(const std::string& algorithm) {
  if (algorithm.starts_with("RSA_")) return Key(EVP_RSA_gen(static_cast<unsigned>(std::stoi(algorithm.substr(4)))));
  return Key(EVP_EC_gen(algorithm.substr(algorithm.find('_') + 1).c_str()));
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  assert(made && "names were checked before");
  X509_add_ext(certificate, made, -1);
  X509_EXTENSION_free(made);
}

/// Of a random serial, valid from the day's beginning, with the subject's common name.
X509Pointer begin_certificate(EVP_PKEY* key, const std::string& common_name, Random& random, Instant now, hours valid) {
  X509Pointer made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  BIGNUM* number = nullptr;
  const std::string serial = "4" + random.hex(31);
  BN_hex2bn(&number, serial.c_str());
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made.get()));
  BN_free(number);
  const auto day = std::chrono::floor<std::chrono::days>(now);
  ASN1_TIME_set(X509_getm_notBefore(made.get()), static_cast<time_t>(to_ms(day) / 1000));
  ASN1_TIME_set(X509_getm_notAfter(made.get()), static_cast<time_t>(to_ms(day + valid - seconds(1)) / 1000));
  if (!common_name.empty()) {
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  }
  X509_set_pubkey(made.get(), key);
  return made;
}

}  // namespace

Result<CertificateFacts> read_certificate(const std::string& pem) {
  const auto found = certificates_in(pem);
  if (found.empty()) return invalid("The certificate body must be a valid PEM-encoded X.509 certificate.");
  if (found.size() > 1) return invalid(kOneOnly);
  X509* certificate = found.front().get();
  CertificateFacts facts;
  facts.names = names_of(certificate);
  facts.key_algorithm = algorithm_of(X509_get0_pubkey(certificate));
  facts.signature_algorithm = signature_of(certificate);
  facts.serial = text_of(X509_get0_serialNumber(certificate));
  facts.subject = text_of(X509_get_subject_name(certificate));
  facts.issuer = text_of(X509_get_issuer_name(certificate));
  facts.not_before = instant_of(X509_get0_notBefore(certificate));
  facts.not_after = instant_of(X509_get0_notAfter(certificate));
  return facts;
}

KeyUses key_uses(const std::string& pem) {
  struct Use {
    std::uint32_t bit;
    const char *name, *oid;
  };
  static constexpr Use kUses[] = {
      {KU_DIGITAL_SIGNATURE, "DIGITAL_SIGNATURE", ""}, {KU_NON_REPUDIATION, "NON_REPUDIATION", ""},
      {KU_KEY_ENCIPHERMENT, "KEY_ENCIPHERMENT", ""},   {KU_DATA_ENCIPHERMENT, "DATA_ENCIPHERMENT", ""},
      {KU_KEY_AGREEMENT, "KEY_AGREEMENT", ""},         {KU_KEY_CERT_SIGN, "CERTIFICATE_SIGNING", ""},
      {KU_CRL_SIGN, "CRL_SIGNING", ""},                {KU_ENCIPHER_ONLY, "ENCIPHER_ONLY", ""},
      {KU_DECIPHER_ONLY, "DECIPHER_ONLY", ""}};
  static constexpr Use kExtended[] = {
      {XKU_SSL_SERVER, "TLS_WEB_SERVER_AUTHENTICATION", "1.3.6.1.5.5.7.3.1"},
      {XKU_SSL_CLIENT, "TLS_WEB_CLIENT_AUTHENTICATION", "1.3.6.1.5.5.7.3.2"},
      {XKU_CODE_SIGN, "CODE_SIGNING", "1.3.6.1.5.5.7.3.3"},
      {XKU_SMIME, "EMAIL_PROTECTION", "1.3.6.1.5.5.7.3.4"},
      {XKU_TIMESTAMP, "TIME_STAMPING", "1.3.6.1.5.5.7.3.8"},
      {XKU_OCSP_SIGN, "OCSP_SIGNING", "1.3.6.1.5.5.7.3.9"}};
  KeyUses out;
  const auto found = certificates_in(pem);
  if (found.empty()) return out;
  const std::uint32_t uses = X509_get_key_usage(found.front().get());
  const std::uint32_t extended = X509_get_extended_key_usage(found.front().get());
  if (uses == UINT32_MAX) out.uses.emplace_back("ANY");
  for (const Use& one : kUses) {
    if (uses != UINT32_MAX && (uses & one.bit) != 0) out.uses.emplace_back(one.name);
  }
  if (extended == UINT32_MAX) out.extended.emplace_back("NONE", "");
  for (const Use& one : kExtended) {
    if (extended != UINT32_MAX && (extended & one.bit) != 0) out.extended.emplace_back(one.name, one.oid);
  }
  return out;
}

Result<void> check_pair(const std::string& certificate, const std::string& private_key) {
  const auto found = certificates_in(certificate);
  const Key key = private_key_in(private_key);
  if (!key) return invalid("The private key is not supported: it must be PEM-encoded, and not encrypted.");
  if (found.empty() || X509_check_private_key(found.front().get(), key.get()) != 1) {
    return invalid("The certificate and the private key do not match.");
  }
  if (algorithm_of(key.get()).empty()) return invalid("The private key's algorithm or size is not supported.");
  return {};
}

Result<void> check_chain(const std::string& certificate, const std::string& chain) {
  const auto leaf = certificates_in(certificate), above = certificates_in(chain);
  if (leaf.empty()) return invalid("The certificate body must be a valid PEM-encoded X.509 certificate.");
  if (above.empty()) return invalid("The certificate chain must be PEM-encoded X.509 certificates.");
  X509* below = leaf.front().get();
  for (const X509Pointer& signer : above) {
    if (X509_check_issued(signer.get(), below) != X509_V_OK || X509_verify(below, X509_get0_pubkey(signer.get())) != 1) {
      return invalid("Could not validate the certificate with the certificate chain.");
    }
    below = signer.get();
  }
  return {};
}

Result<void> check_usable(const std::string& certificate, Instant now) {
  TRY(const CertificateFacts facts, read_certificate(certificate));
  if (facts.names.empty()) return invalid("The certificate names no domain.");
  if (facts.not_after <= now) return invalid("The certificate has expired.");
  if (facts.not_before > now) return invalid("The certificate is not valid yet.");
  // OpenSSL at its usual security level, as HAProxy has it, shows neither.
  if (facts.key_algorithm == "RSA-1024") return invalid("This engine's load balancers show no RSA keys below 2048 bits.");
  if (facts.signature_algorithm.starts_with("SHA1") || facts.signature_algorithm.starts_with("MD5")) {
    return invalid("This engine's load balancers show no certificates that are signed with SHA-1 or MD5.");
  }
  return {};
}

KeyPair make_authority(Random& random, Instant now) {
  const Key key = make_key("EC_prime256v1");
  const X509Pointer made =
      begin_certificate(key.get(), "scaleout local authority " + random.hex(8), random, now, std::chrono::days(3650));
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(made.get(), made.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(made.get(), made.get(), NID_subject_key_identifier, "hash");
  X509_sign(made.get(), key.get(), EVP_sha256());
  return {text_of(made.get()), text_of(key.get())};
}

KeyPair issue(const KeyPair& authority, const std::vector<std::string>& names, const std::string& key_algorithm,
              Random& random, Instant now) {
  constexpr std::size_t kCommonNameLongest = 64;
  const auto issuers = certificates_in(authority.certificate);
  const Key issuer_key = private_key_in(authority.private_key), key = make_key(key_algorithm);
  assert(!issuers.empty() && issuer_key && key);
  X509* issuer = issuers.front().get();
  const std::string& first = names.front();
  const X509Pointer made = begin_certificate(key.get(), first.size() <= kCommonNameLongest ? first : "", random, now,
                                             std::chrono::days(395));
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
  add_extension(made.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(made.get(), issuer, NID_key_usage, "critical,digitalSignature,keyEncipherment");
  add_extension(made.get(), issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(made.get(), issuer, NID_subject_key_identifier, "hash");
  add_extension(made.get(), issuer, NID_authority_key_identifier, "keyid");
  add_extension(made.get(), issuer, NID_subject_alt_name, fmt::format("DNS:{}", fmt::join(names, ",DNS:")));
  X509_sign(made.get(), issuer_key.get(), EVP_sha256());
  return {text_of(made.get()), text_of(key.get())};
}

std::string fingerprint(std::string_view text) {
  return lower_hex(sha256(text));
}

}  // namespace services::acm

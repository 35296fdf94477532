// ACM: certificates that HTTPS listeners show, and the authority that signs those which are asked for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct Certificate {
  std::string arn;
  std::string type = "AMAZON_ISSUED";  ///< or IMPORTED
  std::string certificate, chain, private_key;  ///< PEM
  // Read off the certificate when it was made or imported.
  std::string domain_name;
  std::vector<std::string> names;  ///< all it is good for, the domain's among them
  std::string key_algorithm;       ///< RSA-2048, EC-prime256v1, …
  std::string signature_algorithm, serial, subject, issuer;
  Instant not_before{}, not_after{};

  std::string validation_method;                          ///< DNS, EMAIL; empty: imported
  std::map<std::string, std::string> validation_domains;  ///< by name, where it is another one
  std::string idempotency_token;
  std::string transparency_logging = "ENABLED";
  std::string exportable = "DISABLED";
  Instant created_at{};
  std::optional<Instant> imported_at;
  Tags tags;

  const std::string& key() const { return arn; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("arn", self.arn);
    field("type", self.type);
    field("certificate", self.certificate);
    field("chain", self.chain);
    field("private_key", self.private_key);
    field("domain_name", self.domain_name);
    field("names", self.names);
    field("key_algorithm", self.key_algorithm);
    field("signature_algorithm", self.signature_algorithm);
    field("serial", self.serial);
    field("subject", self.subject);
    field("issuer", self.issuer);
    field("not_before", self.not_before);
    field("not_after", self.not_after);
    field("validation_method", self.validation_method);
    field("validation_domains", self.validation_domains);
    field("idempotency_token", self.idempotency_token);
    field("transparency_logging", self.transparency_logging);
    field("exportable", self.exportable);
    field("created_at", self.created_at);
    field("imported_at", self.imported_at);
    field("tags", self.tags);
  }
};

/// Made with the first certificate that is asked for; there is one.
struct CertificateAuthority {
  std::string name;
  std::string certificate, private_key;  ///< PEM
  const std::string& key() const { return name; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("certificate", self.certificate);
    field("private_key", self.private_key);
  }
};

}  // namespace model

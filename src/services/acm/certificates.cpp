// One certificate: shown, given out, changed, deleted.
#include <fmt/format.h>

#include "services/acm/handlers.h"
#include "services/acm/lookup.h"

namespace services::acm {
namespace {

/// A wildcard is proved at the domain below it.
std::string plain_domain(const std::string& name) { return name.starts_with("*.") ? name.substr(2) : name; }

api::acm::DomainValidation show_validation(const Context& context, const model::Certificate& certificate,
                                           const std::string& name) {
  api::acm::DomainValidation shown;
  shown.domain_name = name;
  const auto elsewhere = certificate.validation_domains.find(name);
  shown.validation_domain = elsewhere == certificate.validation_domains.end() ? name : elsewhere->second;
  shown.validation_status = "SUCCESS";
  shown.validation_method = certificate.validation_method;
  const std::string domain = plain_domain(name);
  if (certificate.validation_method == "DNS") {
    const std::string mark = fingerprint(context.account.id + "/" + domain);  // the same whenever it is asked for
    auto& record = shown.resource_record.emplace();
    record.name = fmt::format("_{}.{}.", mark.substr(0, 32), domain);
    record.type = "CNAME";
    record.value = fmt::format("_{}.{}.acm-validations.aws.", mark.substr(32), mark.substr(20, 10));
  } else {
    auto& addresses = shown.validation_emails.emplace();
    for (const char* who : {"admin", "administrator", "hostmaster", "postmaster", "webmaster"}) {
      addresses.push_back(fmt::format("{}@{}", who, plain_domain(*shown.validation_domain)));
    }
  }
  return shown;
}

api::acm::CertificateDetail show_certificate(const Context& context, const model::Certificate& certificate) {
  api::acm::CertificateDetail out;
  const bool issued = certificate.type == "AMAZON_ISSUED";
  out.certificate_arn = certificate.arn;
  out.domain_name = certificate.domain_name;
  out.subject_alternative_names = certificate.names;
  out.serial = certificate.serial;
  out.subject = certificate.subject;
  out.issuer = certificate.issuer;
  out.created_at = api::Timestamp{to_ms(certificate.created_at)};
  if (issued) {
    out.issued_at = out.created_at;
    auto& validations = out.domain_validation_options.emplace();
    for (const std::string& name : certificate.names) validations.push_back(show_validation(context, certificate, name));
    auto& options = out.options.emplace();
    options.certificate_transparency_logging_preference = certificate.transparency_logging;
    options.export_ = certificate.exportable;
  } else {
    out.imported_at = api::Timestamp{to_ms(*certificate.imported_at)};
    out.options.emplace().certificate_transparency_logging_preference = "DISABLED";
  }
  out.status = certificate.not_after <= context.now ? "EXPIRED" : "ISSUED";
  out.not_before = api::Timestamp{to_ms(certificate.not_before)};
  out.not_after = api::Timestamp{to_ms(certificate.not_after)};
  out.key_algorithm = certificate.key_algorithm;
  out.signature_algorithm = certificate.signature_algorithm;
  out.in_use_by = users_of(context, certificate.arn);
  out.type = certificate.type;
  const KeyUses uses = key_uses(certificate.certificate);
  auto& shown_uses = out.key_usages.emplace();
  for (const std::string& name : uses.uses) shown_uses.push_back({.name = name});
  auto& extended = out.extended_key_usages.emplace();
  for (const auto& [name, oid] : uses.extended) extended.push_back({.name = name, .oid = oid});
  out.renewal_eligibility = issued && !out.in_use_by->empty() ? "ELIGIBLE" : "INELIGIBLE";
  return out;
}

}  // namespace

Answer<op::DescribeCertificate> describe_certificate(Context& context, const op::DescribeCertificate::Input& in) {
  TRY(const model::Certificate* found, find_certificate(context, *in.certificate_arn));
  op::DescribeCertificate::Output out;
  out.certificate = show_certificate(context, *found);
  return out;
}

/// The private key is never given out, as at AWS.
Answer<op::GetCertificate> get_certificate(Context& context, const op::GetCertificate::Input& in) {
  TRY(const model::Certificate* found, find_certificate(context, *in.certificate_arn));
  op::GetCertificate::Output out;
  out.certificate = found->certificate;
  if (!found->chain.empty()) out.certificate_chain = found->chain;
  return out;
}

Answer<op::UpdateCertificateOptions> update_certificate_options(Context& context,
                                                                const op::UpdateCertificateOptions::Input& in) {
  TRY(const model::Certificate* found, find_certificate(context, *in.certificate_arn));
  if (found->type != "AMAZON_ISSUED") {
    return fail("InvalidStateException", "Options belong to certificates that ACM issued; this one was imported.");
  }
  model::Certificate changed = *found;
  const auto& options = *in.options;
  changed.transparency_logging = options.certificate_transparency_logging_preference.value_or(changed.transparency_logging);
  changed.exportable = options.export_.value_or(changed.exportable);
  context.state.certificates.put(std::move(changed));
  return {};
}

Answer<op::DeleteCertificate> delete_certificate(Context& context, const op::DeleteCertificate::Input& in) {
  TRY(const model::Certificate* found, find_certificate(context, *in.certificate_arn));
  if (!users_of(context, found->arn).empty()) {
    return fail("ResourceInUseException",
                fmt::format("Certificate {} in account {} is in use.", found->arn, context.account.id));
  }
  context.state.certificates.erase(*in.certificate_arn);
  return {};
}

}  // namespace services::acm

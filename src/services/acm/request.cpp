// Certificates that are asked for: the engine's own authority signs them, and wants no proof.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "services/acm/handlers.h"
#include "services/acm/lookup.h"

namespace services::acm {
namespace {

constexpr std::size_t kMostNames = 10;  // AWS's quota unless it is raised

bool is_label(std::string_view label) {
  constexpr std::size_t kLongest = 63;
  const auto plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; };
  return !label.empty() && label.size() <= kLongest && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, plain);
}

/// "example.com", or "*.example.com".
bool is_domain(std::string_view name) {
  constexpr std::size_t kLongest = 253;
  if (name.size() > kLongest) return false;
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.find('.') == std::string_view::npos) return false;
  while (true) {
    const std::size_t dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

/// The domain's name first, then the others, each once.
Result<std::vector<std::string>> names_asked_for(const op::RequestCertificate::Input& in) {
  std::vector<std::string> names{*in.domain_name};
  for (const std::string& name : in.subject_alternative_names.value_or(std::vector<std::string>())) {
    if (std::ranges::count(names, name) == 0) names.push_back(name);
  }
  for (std::string& name : names) {
    if (!is_domain(name)) {
      return fail("InvalidParameterException", fmt::format("'{}' is not a valid domain name.", name));
    }
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }
  if (names.size() > kMostNames) {
    return fail("LimitExceededException", fmt::format("A certificate can have at most {} domain names.", kMostNames));
  }
  return names;
}

Result<void> check_served(const op::RequestCertificate::Input& in) {
  if (in.certificate_authority_arn) {
    return fail("InvalidParameterException", "This engine has no AWS Private CA: leave CertificateAuthorityArn out.");
  }
  if (in.managed_by) {
    return fail("InvalidParameterException", "This engine has no CloudFront that could manage certificates: leave ManagedBy out.");
  }
  if (in.validation_method == "HTTP") {
    return fail("InvalidParameterException", "HTTP validation is for certificates that CloudFront manages; use DNS or EMAIL.");
  }
  const std::string algorithm = in.key_algorithm.value_or("RSA_2048");
  static constexpr std::string_view kAlgorithms[] = {"RSA_2048", "EC_prime256v1", "EC_secp384r1"};  // as AWS issues them
  if (std::ranges::find(kAlgorithms, algorithm) == std::end(kAlgorithms)) {
    return fail("InvalidParameterException",
                fmt::format("ACM issues no certificates with key algorithm {}: use RSA_2048, EC_prime256v1 or EC_secp384r1.",
                            algorithm));
  }
  return {};
}

/// A name may be validated at itself or a domain above it.
Result<std::map<std::string, std::string>> validation_domains(const op::RequestCertificate::Input& in) {
  std::map<std::string, std::string> domains;
  if (!in.domain_validation_options) return domains;
  for (const auto& option : *in.domain_validation_options) {
    const std::string &name = *option.domain_name, &at = *option.validation_domain;
    if (name != at && !name.ends_with("." + at)) {
      return fail("InvalidDomainValidationOptionsException",
                  fmt::format("The validation domain {} is neither {} nor above it.", at, name));
    }
    domains[name] = at;
  }
  return domains;
}

/// A request that is repeated with its token within an hour means the same certificate.
const model::Certificate* asked_for_before(const Context& context, const model::Certificate& wanted) {
  if (wanted.idempotency_token.empty()) return nullptr;
  for (const auto& [arn, one] : context.state.certificates.all()) {
    if (one.idempotency_token == wanted.idempotency_token && one.names == wanted.names &&
        one.validation_method == wanted.validation_method && one.created_at + hours(1) > context.now) {
      return &one;
    }
  }
  return nullptr;
}

}  // namespace

Answer<op::RequestCertificate> request_certificate(Context& context, const op::RequestCertificate::Input& in) {
  TRY_VOID(check_served(in));
  model::Certificate made;
  TRY(made.names, names_asked_for(in));
  TRY(made.validation_domains, validation_domains(in));
  TRY_VOID(set_tags(made.tags, in.tags));
  made.validation_method = in.validation_method.value_or("EMAIL");
  made.idempotency_token = in.idempotency_token.value_or("");
  op::RequestCertificate::Output out;
  if (const auto* same = asked_for_before(context, made)) {
    out.certificate_arn = same->arn;
    return out;
  }
  if (in.options) {
    made.transparency_logging = in.options->certificate_transparency_logging_preference.value_or("ENABLED");
    made.exportable = in.options->export_.value_or("DISABLED");
  }
  const KeyPair signer = authority(context);
  KeyPair issued = issue(signer, made.names, in.key_algorithm.value_or("RSA_2048"), context.random, context.now);
  TRY(CertificateFacts facts, read_certificate(issued.certificate));
  keep_facts(made, std::move(facts));
  made.certificate = std::move(issued.certificate);
  made.private_key = std::move(issued.private_key);
  made.chain = signer.certificate;
  made.arn = new_certificate_arn(context);
  made.created_at = context.now;
  out.certificate_arn = made.arn;
  context.state.certificates.put(std::move(made));
  return out;
}

}  // namespace services::acm

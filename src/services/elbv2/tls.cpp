#include "services/elbv2/tls.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/tls_policy.h"
#include "services/elbv2/lookup.h"
#include "services/page.h"

namespace services::elbv2 {

namespace {

constexpr std::size_t kMoreCertificates = 25;  // AWS's quota, besides the default one

template <class List>
bool given(const api::Optional<List>& list) {
  return list && !list->empty();
}

bool mutual(const TlsSettings& settings) {
  return *settings.mutual_authentication && (*settings.mutual_authentication)->mode.value_or("off") != "off";
}

bool alpn(const TlsSettings& settings) { return given(*settings.alpn_policy) && (*settings.alpn_policy)->front() != "None"; }

Result<std::string> read_certificate_arn(const Context& context, const shape::Certificate& certificate) {
  const std::string arn = certificate.certificate_arn.value_or("");
  const auto* found = context.state.certificates.find(arn);
  if (!found) {
    const auto parsed = Arn::parse(arn);
    if (parsed && parsed->service == "iam") {
      return fail("CertificateNotFound", fmt::format("Certificate '{}' not found: this engine has no IAM server certificates, "
                                                     "import it into ACM",
                                                     arn));
    }
    return fail("CertificateNotFound", fmt::format("Certificate '{}' not found", arn));
  }
  if (found->not_after <= context.now) {
    return fail("UnsupportedCertificate", fmt::format("The certificate '{}' has expired", arn));
  }
  return arn;
}

Result<void> refuse_tls(const TlsSettings& settings) {
  if (given(*settings.certificates) || (*settings.ssl_policy && !(*settings.ssl_policy)->empty()) || alpn(settings) ||
      mutual(settings))
    return fail(
        "ValidationError",
        "Certificates, an SSL policy, an ALPN policy and mutual authentication cannot be specified for HTTP listeners");
  return {};
}

shape::Certificate show_certificate(const std::string& arn, bool is_default) {
  shape::Certificate shown;
  shown.certificate_arn = arn;
  shown.is_default = is_default;
  return shown;
}

Result<const model::Listener*> find_https_listener(const Context& context, const std::string& arn) {
  TRY(const model::Listener* listener, find_listener(context, arn));
  if (listener->protocol == "HTTPS") return listener;
  return fail("ValidationError", fmt::format("Listener '{}' is not an HTTPS listener", arn));
}

}  // namespace

Result<void> read_tls(const Context& context, model::Listener& listener, const TlsSettings& settings) {
  if (listener.protocol == "HTTP") {
    TRY_VOID(refuse_tls(settings));
    listener.certificates.clear();
    listener.ssl_policy.clear();
    return {};
  }
  if (listener.protocol != "HTTPS")
    return fail("ValidationError",
                fmt::format("Listener protocol '{}' must be one of 'HTTPS, HTTP'", listener.protocol));
  if (mutual(settings))
    return fail("ValidationError", "This engine does not serve mutual authentication: no client is asked for a certificate");
  if (alpn(settings)) return fail("ValidationError", "An ALPN policy can only be specified for TLS listeners");
  if (given(*settings.certificates)) {
    if ((*settings.certificates)->size() > 1)
      return fail("ValidationError", "You can specify only one default certificate; add the others with AddListenerCertificates");
    TRY(std::string arn, read_certificate_arn(context, (*settings.certificates)->front()));
    std::erase(listener.certificates, arn);
    if (listener.certificates.empty()) listener.certificates.emplace_back();
    listener.certificates.front() = std::move(arn);
  }
  if (listener.certificates.empty())
    return fail("CertificateNotFound", "A certificate must be specified for HTTPS listeners");
  if (*settings.ssl_policy && !(*settings.ssl_policy)->empty()) listener.ssl_policy = **settings.ssl_policy;
  if (listener.ssl_policy.empty()) listener.ssl_policy = model::kDefaultTlsPolicy;
  if (!model::find_tls_policy(listener.ssl_policy))
    return fail("SSLPolicyNotFound", fmt::format("SSL policy '{}' not found", listener.ssl_policy));
  return {};
}

bool same_tls(const model::Listener& one, const model::Listener& other) {
  const auto first = [](const model::Listener& listener) {
    return listener.certificates.empty() ? std::string() : listener.certificates.front();
  };
  return one.ssl_policy == other.ssl_policy && first(one) == first(other);
}

Answer<op::DescribeListenerCertificates> describe_listener_certificates(
    Context& context, const op::DescribeListenerCertificates::Input& in) {
  TRY(const model::Listener* listener, find_listener(context, *in.listener_arn));
  op::DescribeListenerCertificates::Output out;
  auto& shown = out.certificates.emplace();
  TRY(Page page, Page::open(in.marker, static_cast<std::size_t>(in.page_size.value_or(400)), kInvalidToken));
  for (std::size_t i = 0; i < listener->certificates.size(); ++i) {
    if (page.take(fmt::format("{:03}", i))) shown.push_back(show_certificate(listener->certificates[i], i == 0));
    if (page.full()) break;
  }
  out.next_marker = page.next_token();
  return out;
}

Answer<op::AddListenerCertificates> add_listener_certificates(Context& context,
                                                              const op::AddListenerCertificates::Input& in) {
  TRY(const model::Listener* found, find_https_listener(context, *in.listener_arn));
  model::Listener listener = *found;
  op::AddListenerCertificates::Output out;
  auto& shown = out.certificates.emplace();
  for (const shape::Certificate& certificate : *in.certificates) {
    if (certificate.is_default)
      return fail("ValidationError", "You cannot specify IsDefault when you add certificates");
    TRY(const std::string arn, read_certificate_arn(context, certificate));
    if (std::ranges::count(listener.certificates, arn) == 0) listener.certificates.push_back(arn);
    shown.push_back(show_certificate(arn, listener.certificates.front() == arn));
  }
  if (listener.certificates.size() > kMoreCertificates + 1)
    return fail("TooManyCertificates",
                fmt::format("A listener can have at most {} certificates besides its default one", kMoreCertificates));
  context.state.listeners.put(std::move(listener));
  return out;
}

Answer<op::RemoveListenerCertificates> remove_listener_certificates(Context& context,
                                                                    const op::RemoveListenerCertificates::Input& in) {
  TRY(const model::Listener* found, find_https_listener(context, *in.listener_arn));
  model::Listener listener = *found;
  for (const shape::Certificate& certificate : *in.certificates) {
    const std::string arn = certificate.certificate_arn.value_or("");
    if (listener.certificates.front() == arn)
      return fail("OperationNotPermitted", "The default certificate of a listener cannot be removed");
    std::erase(listener.certificates, arn);
  }
  context.state.listeners.put(std::move(listener));
  return op::RemoveListenerCertificates::Output();
}

}  // namespace services::elbv2

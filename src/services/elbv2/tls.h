// What makes a listener an HTTPS one: its certificates and security policy. Called by the handlers of listeners.
#pragma once

#include "services/elbv2/handlers.h"

namespace services::elbv2 {

/// The members of a request that only HTTPS listeners may have.
struct TlsSettings {
  const api::Optional<std::vector<shape::Certificate>>* certificates;
  const api::Optional<std::string>* ssl_policy;
  const api::Optional<std::vector<std::string>>* alpn_policy;
  const api::Optional<shape::MutualAuthenticationAttributes>* mutual_authentication;
};
template <class Input>
TlsSettings tls_settings(const Input& in) {
  return {&in.certificates, &in.ssl_policy, &in.alpn_policy, &in.mutual_authentication};
}

/// Checks the listener's protocol and puts what is given over what it has: an HTTPS listener has a certificate and a policy
/// afterwards, an HTTP one has neither.
Result<void> read_tls(const Context& context, model::Listener& listener, const TlsSettings& given);

/// The same default certificate and policy.
bool same_tls(const model::Listener& one, const model::Listener& other);

}  // namespace services::elbv2

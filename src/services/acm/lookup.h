// Finds certificates, their users and the authority; reads tags. Called by this service's handlers.
#pragma once

#include <string>
#include <vector>

#include "api/acm.h"
#include "services/acm/x509.h"
#include "services/context.h"

namespace services::acm {

/// InvalidArnException or ResourceNotFoundException where there is none.
Result<const model::Certificate*> find_certificate(const Context& context, const std::string& arn);
/// ARNs of the load balancers with a listener that shows it.
std::vector<std::string> users_of(const Context& context, const std::string& arn);
/// The engine's own; made when first asked for.
KeyPair authority(Context& context);
std::string new_certificate_arn(Context& context);
/// Writes down what the certificate itself says.
void keep_facts(model::Certificate& certificate, CertificateFacts facts);
/// Adds to or replaces in `tags`.
Result<void> set_tags(model::Tags& tags, const api::Optional<std::vector<api::acm::Tag>>& given);

}  // namespace services::acm

#include "services/acm/lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace services::acm {

Result<const model::Certificate*> find_certificate(const Context& context, const std::string& arn) {
  if (const auto* found = context.state.certificates.find(arn)) return found;
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "acm" || !parsed->resource.starts_with("certificate/")) {
    return fail("InvalidArnException", fmt::format("The ARN {} is not a valid certificate ARN.", arn));
  }
  return fail("ResourceNotFoundException",
              fmt::format("Could not find certificate {} in account {}.", arn, context.account.id));
}

std::vector<std::string> users_of(const Context& context, const std::string& arn) {
  std::set<std::string> balancers;
  for (const auto& [key, listener] : context.state.listeners.all()) {
    if (std::ranges::count(listener.certificates, arn) > 0) balancers.insert(listener.load_balancer_arn);
  }
  return {balancers.begin(), balancers.end()};
}

KeyPair authority(Context& context) {
  constexpr const char* kName = "local";
  if (const auto* found = context.state.certificate_authorities.find(kName)) {
    return {found->certificate, found->private_key};
  }
  KeyPair made = make_authority(context.random, context.now);
  context.state.certificate_authorities.put(
      {.name = kName, .certificate = made.certificate, .private_key = made.private_key});
  return made;
}

std::string new_certificate_arn(Context& context) {
  return make_arn(context.account, "acm", "certificate/" + context.random.uuid());
}

void keep_facts(model::Certificate& certificate, CertificateFacts facts) {
  certificate.domain_name = facts.names.front();
  certificate.names = std::move(facts.names);
  certificate.key_algorithm = std::move(facts.key_algorithm);
  certificate.signature_algorithm = std::move(facts.signature_algorithm);
  certificate.serial = std::move(facts.serial);
  certificate.subject = std::move(facts.subject);
  certificate.issuer = std::move(facts.issuer);
  certificate.not_before = facts.not_before;
  certificate.not_after = facts.not_after;
}

Result<void> set_tags(model::Tags& tags, const api::Optional<std::vector<api::acm::Tag>>& given) {
  constexpr std::size_t kMostTags = 50;
  if (!given) return {};
  for (const api::acm::Tag& tag : *given) {
    if (tag.key->starts_with("aws:")) {
      return fail("InvalidTagException",
                  fmt::format("Tag key {} is invalid: keys that begin with aws: are reserved for system use.", *tag.key));
    }
    const auto same = std::ranges::find(tags, *tag.key, &model::Tag::key);
    auto& kept = same == tags.end() ? tags.emplace_back() : *same;
    kept.key = *tag.key;
    kept.value = tag.value.value_or("");
  }
  if (tags.size() > kMostTags) {
    return fail("TooManyTagsException", fmt::format("A certificate can have at most {} tags.", kMostTags));
  }
  return {};
}

}  // namespace services::acm

#include <algorithm>

#include "services/acm/handlers.h"
#include "services/acm/lookup.h"

namespace services::acm {

Answer<op::AddTagsToCertificate> add_tags_to_certificate(Context& context, const op::AddTagsToCertificate::Input& in) {
  TRY(const model::Certificate* found, find_certificate(context, *in.certificate_arn));
  model::Certificate changed = *found;
  TRY_VOID(set_tags(changed.tags, in.tags));
  context.state.certificates.put(std::move(changed));
  return {};
}

/// A tag that is given with a value goes only where it has that value.
Answer<op::RemoveTagsFromCertificate> remove_tags_from_certificate(Context& context,
                                                                   const op::RemoveTagsFromCertificate::Input& in) {
  TRY_VOID(find_certificate(context, *in.certificate_arn));
  context.state.certificates.update(*in.certificate_arn, [&](model::Certificate& certificate) {
    std::erase_if(certificate.tags, [&](const model::Tag& tag) {
      return std::ranges::any_of(*in.tags, [&](const api::acm::Tag& gone) {
        return gone.key == tag.key && (!gone.value || gone.value == tag.value);
      });
    });
  });
  return {};
}

Answer<op::ListTagsForCertificate> list_tags_for_certificate(Context& context,
                                                             const op::ListTagsForCertificate::Input& in) {
  TRY(const model::Certificate* found, find_certificate(context, *in.certificate_arn));
  op::ListTagsForCertificate::Output out;
  auto& shown = out.tags.emplace();
  for (const model::Tag& tag : found->tags) shown.push_back({.key = tag.key, .value = tag.value});
  return out;
}

}  // namespace services::acm

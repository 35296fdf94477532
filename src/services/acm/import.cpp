// Certificates that the user brings.
#include "services/acm/handlers.h"
#include "services/acm/lookup.h"

namespace services::acm {

Answer<op::ImportCertificate> import_certificate(Context& context, const op::ImportCertificate::Input& in) {
  model::Certificate made;
  made.type = "IMPORTED";
  made.arn = in.certificate_arn.value_or("");
  made.created_at = context.now;
  if (!made.arn.empty()) {
    TRY(const model::Certificate* found, find_certificate(context, made.arn));
    if (found->type != "IMPORTED") {
      return fail("ValidationException", "Only a certificate that was imported can be imported anew.");
    }
    if (in.tags) return fail("ValidationException", "Tags can not be given when a certificate is imported anew.");
    made.tags = found->tags;
    made.created_at = found->created_at;
  }
  made.certificate = in.certificate->bytes;
  made.private_key = in.private_key->bytes;
  if (in.certificate_chain) made.chain = in.certificate_chain->bytes;
  TRY(CertificateFacts facts, read_certificate(made.certificate));
  TRY_VOID(check_usable(made.certificate, context.now));
  TRY_VOID(check_pair(made.certificate, made.private_key));
  if (!made.chain.empty()) TRY_VOID(check_chain(made.certificate, made.chain));
  TRY_VOID(set_tags(made.tags, in.tags));
  keep_facts(made, std::move(facts));
  made.imported_at = context.now;
  if (made.arn.empty()) made.arn = new_certificate_arn(context);
  op::ImportCertificate::Output out;
  out.certificate_arn = made.arn;
  context.state.certificates.put(std::move(made));
  return out;
}

}  // namespace services::acm

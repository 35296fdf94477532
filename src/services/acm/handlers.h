// Every handler of ACM, by the file that has it. Called through the table in actions.cpp only.
#pragma once

#include "api/acm.h"
#include "services/context.h"

namespace services::acm {

namespace op = api::acm::op;

template <class Op>
using Answer = Result<typename Op::Output>;

// request.cpp
Answer<op::RequestCertificate> request_certificate(Context& context, const op::RequestCertificate::Input& in);

// import.cpp
Answer<op::ImportCertificate> import_certificate(Context& context, const op::ImportCertificate::Input& in);

// certificates.cpp
Answer<op::DeleteCertificate> delete_certificate(Context& context, const op::DeleteCertificate::Input& in);
Answer<op::DescribeCertificate> describe_certificate(Context& context, const op::DescribeCertificate::Input& in);
Answer<op::GetCertificate> get_certificate(Context& context, const op::GetCertificate::Input& in);
Answer<op::UpdateCertificateOptions> update_certificate_options(Context& context,
                                                                const op::UpdateCertificateOptions::Input& in);

// list.cpp
Answer<op::ListCertificates> list_certificates(Context& context, const op::ListCertificates::Input& in);

// tags.cpp
Answer<op::AddTagsToCertificate> add_tags_to_certificate(Context& context, const op::AddTagsToCertificate::Input& in);
Answer<op::RemoveTagsFromCertificate> remove_tags_from_certificate(Context& context,
                                                                   const op::RemoveTagsFromCertificate::Input& in);
Answer<op::ListTagsForCertificate> list_tags_for_certificate(Context& context,
                                                             const op::ListTagsForCertificate::Input& in);

}  // namespace services::acm

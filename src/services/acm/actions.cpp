#include "services/acm/actions.h"

#include "services/acm/handlers.h"

namespace services::acm {

// Not here, so refused by name: exporting, renewing, revoking, resending e-mails, account configuration.
constexpr api::Route kAcmRoutes[] = {
    api::route<op::AddTagsToCertificate, add_tags_to_certificate>(),
    api::route<op::DeleteCertificate, delete_certificate>(),
    api::route<op::DescribeCertificate, describe_certificate>(),
    api::route<op::GetCertificate, get_certificate>(),
    api::route<op::ImportCertificate, import_certificate>(),
    api::route<op::ListCertificates, list_certificates>(),
    api::route<op::ListTagsForCertificate, list_tags_for_certificate>(),
    api::route<op::RemoveTagsFromCertificate, remove_tags_from_certificate>(),
    api::route<op::RequestCertificate, request_certificate>(),
    api::route<op::UpdateCertificateOptions, update_certificate_options>(),
};

std::span<const api::Route> routes() { return kAcmRoutes; }

}  // namespace services::acm

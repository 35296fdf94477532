// The certificates of the account, filtered and in order.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "services/acm/handlers.h"
#include "services/acm/lookup.h"
#include "services/page.h"

namespace services::acm {
namespace {

bool among(const std::vector<std::string>& wanted, const std::vector<std::string>& given) {
  return std::ranges::any_of(wanted, [&](const std::string& one) { return one == "ANY" || std::ranges::count(given, one) > 0; });
}

bool included(const model::Certificate& certificate, const api::acm::Filters& filters) {
  std::string algorithm = certificate.key_algorithm;
  std::ranges::replace(algorithm, '-', '_');
  // ACM shows these two unless others are asked for.
  static const std::vector<std::string> kUsual = {"RSA_1024", "RSA_2048"};
  const auto& types = filters.key_types && !filters.key_types->empty() ? *filters.key_types : kUsual;
  if (std::ranges::count(types, algorithm) == 0) return false;
  if (filters.export_option && *filters.export_option != certificate.exportable) return false;
  if (filters.managed_by) return false;  // nobody manages one
  const KeyUses uses = key_uses(certificate.certificate);
  if (filters.key_usage && !filters.key_usage->empty() && !among(*filters.key_usage, uses.uses)) return false;
  std::vector<std::string> extended;
  for (const auto& [name, oid] : uses.extended) extended.push_back(name);
  return !filters.extended_key_usage || filters.extended_key_usage->empty() || among(*filters.extended_key_usage, extended);
}

api::acm::CertificateSummary show_summary(const Context& context, const model::Certificate& certificate) {
  api::acm::CertificateSummary out;
  out.certificate_arn = certificate.arn;
  out.domain_name = certificate.domain_name;
  out.subject_alternative_name_summaries = certificate.names;
  out.has_additional_subject_alternative_names = false;
  out.status = certificate.not_after <= context.now ? "EXPIRED" : "ISSUED";
  out.type = certificate.type;
  out.key_algorithm = certificate.key_algorithm;
  const KeyUses uses = key_uses(certificate.certificate);
  out.key_usages = uses.uses;
  auto& extended = out.extended_key_usages.emplace();
  for (const auto& [name, oid] : uses.extended) extended.push_back(name);
  out.in_use = !users_of(context, certificate.arn).empty();
  out.renewal_eligibility = certificate.type == "AMAZON_ISSUED" && *out.in_use ? "ELIGIBLE" : "INELIGIBLE";
  out.not_before = api::Timestamp{to_ms(certificate.not_before)};
  out.not_after = api::Timestamp{to_ms(certificate.not_after)};
  out.created_at = api::Timestamp{to_ms(certificate.created_at)};
  if (certificate.imported_at) {
    out.imported_at = api::Timestamp{to_ms(*certificate.imported_at)};
  } else {
    out.exported = false;
    out.export_option = certificate.exportable;
    out.issued_at = out.created_at;
  }
  return out;
}

}  // namespace

Answer<op::ListCertificates> list_certificates(Context& context, const op::ListCertificates::Input& in) {
  if (in.sort_by.has_value() != in.sort_order.has_value()) {
    return fail("InvalidArgsException", "SortBy and SortOrder must be given together.");
  }
  const bool newest_first = in.sort_order == "DESCENDING";
  std::map<std::string, const model::Certificate*> in_order;
  for (const auto& [arn, one] : context.state.certificates.all()) {
    const std::string status = one.not_after <= context.now ? "EXPIRED" : "ISSUED";
    if (in.certificate_statuses && !in.certificate_statuses->empty() &&
        std::ranges::count(*in.certificate_statuses, status) == 0) {
      continue;
    }
    if (!included(one, in.includes.value_or(api::acm::Filters()))) continue;
    const std::int64_t created = to_ms(one.created_at);
    in_order.emplace(fmt::format("{:020}/{}", newest_first ? INT64_MAX - created : created, arn), &one);
  }
  constexpr int kUsualPage = 1000;
  op::ListCertificates::Output out;
  auto& shown = out.certificate_summary_list.emplace();
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_items.value_or(kUsualPage)), "InvalidArgsException"));
  for (const auto& [key, one] : in_order) {
    if (page.take(key)) shown.push_back(show_summary(context, *one));
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::acm

// Dashboards are kept as given; this engine draws none.
#include <boost/json.hpp>

#include <algorithm>
#include <set>

#include "services/cloudwatch/alarms_tags.h"
#include "services/cloudwatch/handlers.h"
#include "services/page.h"

namespace services::cloudwatch {

namespace {

constexpr std::size_t kDashboardsPerPage = 1000, kMostOfName = 255, kMostOfBody = 1 << 20;

/// Dashboards are of the account, not of a region.
std::string dashboard_arn(const Context& context, const std::string& name) {
  return "arn:aws:cloudwatch::" + context.account.id + ":dashboard/" + name;
}

Result<void> check_dashboard_name(const std::string& name) {
  const bool fine = !name.empty() && name.size() <= kMostOfName && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_';
  });
  if (fine) return {};
  return fail("InvalidParameterValue", "The value " + name +
                                           " for field DashboardName contains invalid characters. It can only contain "
                                           "alphanumerics, dash (-) and underscore (_), 255 of them at most.");
}

tl::unexpected<Error> invalid_body(const std::string& why) {
  return fail("DashboardInvalidInputError", "The field DashboardBody must be a valid JSON object: " + why);
}

Result<void> check_body(const std::string& body) {
  if (body.size() > kMostOfBody) return invalid_body("it has more than 1 MiB");
  boost::json::error_code error;
  const boost::json::value parsed = boost::json::parse(body, error);
  if (error) return invalid_body(error.message());
  if (!parsed.is_object()) return invalid_body("it is none");
  const auto* widgets = parsed.get_object().if_contains("widgets");
  if (widgets && !widgets->is_array()) return invalid_body("/widgets should be an array");
  return {};
}

tl::unexpected<Error> no_dashboard(const std::string& name) {
  return fail("DashboardNotFoundError", "Dashboard " + name + " does not exist");
}

}  // namespace

Result<op::PutDashboard::Output> put_dashboard(Context& context, const op::PutDashboard::Input& in) {
  TRY_VOID(check_dashboard_name(*in.dashboard_name));
  TRY_VOID(check_body(*in.dashboard_body));
  model::Dashboard dashboard{.name = *in.dashboard_name, .body = *in.dashboard_body, .modified_at = context.now, .tags = {}};
  if (const auto* present = context.state.dashboards.find(dashboard.name)) {
    dashboard.tags = present->tags;
  } else {
    TRY(dashboard.tags, with_tags({}, in.tags));
  }
  context.state.dashboards.put(std::move(dashboard));
  op::PutDashboard::Output out;
  out.dashboard_validation_messages.emplace();
  return out;
}

Result<op::GetDashboard::Output> get_dashboard(Context& context, const op::GetDashboard::Input& in) {
  const model::Dashboard* dashboard = context.state.dashboards.find(*in.dashboard_name);
  if (!dashboard) return no_dashboard(*in.dashboard_name);
  op::GetDashboard::Output out;
  out.dashboard_arn = dashboard_arn(context, dashboard->name);
  out.dashboard_name = dashboard->name;
  out.dashboard_body = dashboard->body;
  return out;
}

Result<op::ListDashboards::Output> list_dashboards(Context& context, const op::ListDashboards::Input& in) {
  op::ListDashboards::Output out;
  auto& entries = out.dashboard_entries.emplace();
  TRY(Page page, Page::open(in.next_token, kDashboardsPerPage, "InvalidParameterValue"));
  for (const auto& [name, dashboard] : context.state.dashboards.range(in.dashboard_name_prefix.value_or(""))) {
    if (page.take(name)) {
      auto& entry = entries.emplace_back();
      entry.dashboard_name = name;
      entry.dashboard_arn = dashboard_arn(context, name);
      entry.last_modified = api::Timestamp{to_ms(dashboard.modified_at)};
      entry.size = static_cast<std::int64_t>(dashboard.body.size());
    }
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

/// One unknown name, and none is deleted.
Result<op::DeleteDashboards::Output> delete_dashboards(Context& context, const op::DeleteDashboards::Input& in) {
  const std::set<std::string> names(in.dashboard_names->begin(), in.dashboard_names->end());
  for (const std::string& name : names) {
    if (!context.state.dashboards.find(name)) return no_dashboard(name);
  }
  for (const std::string& name : names) context.state.dashboards.erase(name);
  return op::DeleteDashboards::Output{};
}

}  // namespace services::cloudwatch

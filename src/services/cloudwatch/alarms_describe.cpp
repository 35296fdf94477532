#include <fmt/format.h>

#include <algorithm>

#include "api/document.h"
#include "services/cloudwatch/alarms_rules.h"
#include "services/cloudwatch/handlers.h"
#include "services/page.h"

namespace services::cloudwatch {

namespace {

constexpr int kAlarmsPerPage = 50, kHistoryPerPage = 100;
constexpr std::string_view kMetricAlarm = "MetricAlarm";

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

api::Timestamp timestamp(Instant at) { return {to_ms(at)}; }

/// What was not given is absent.
api::cloudwatch::MetricAlarm show_alarm(const model::Alarm& alarm) {
  auto out = api::from_document<api::cloudwatch::MetricAlarm>(alarm.document);
  out.alarm_name = alarm.name;
  out.alarm_arn = alarm.arn;
  out.alarm_description = unless_empty(alarm.description);
  out.alarm_configuration_updated_timestamp = timestamp(alarm.configuration_updated_at);
  out.actions_enabled = alarm.actions_enabled;
  out.ok_actions = alarm.ok_actions;
  out.alarm_actions = alarm.alarm_actions;
  out.insufficient_data_actions = alarm.insufficient_data_actions;
  out.state_value = alarm.state;
  out.state_reason = alarm.state_reason;
  out.state_reason_data = unless_empty(alarm.state_reason_data);
  out.state_updated_timestamp = timestamp(alarm.state_updated_at);
  out.state_transitioned_timestamp = timestamp(alarm.state_transitioned_at);
  out.dimensions.emplace();
  if (alarm.metrics.empty()) {
    out.metric_name = alarm.metric.name;
    out.namespace_ = alarm.metric.space;
    out.statistic = unless_empty(alarm.statistic);
    out.extended_statistic = unless_empty(alarm.extended_statistic);
    for (const auto& [name, value] : alarm.metric.dimensions) out.dimensions->push_back({.name = name, .value = value});
    out.period = alarm.period;
    out.unit = unless_empty(alarm.unit);
  } else {
    out.metrics = queries_of(alarm);
  }
  out.evaluation_periods = alarm.evaluation_periods;
  out.datapoints_to_alarm = alarm.datapoints_to_alarm;
  out.threshold = alarm.threshold;
  out.comparison_operator = alarm.comparison;
  out.treat_missing_data = unless_empty(alarm.treat_missing_data);
  return out;
}

bool wants_metric_alarms(const std::optional<std::vector<std::string>>& types) {
  return !types || types->empty() || std::ranges::count(*types, kMetricAlarm) > 0;
}

bool acts_on(const model::Alarm& alarm, const std::string& prefix) {
  for (const auto* actions : {&alarm.ok_actions, &alarm.alarm_actions, &alarm.insufficient_data_actions}) {
    if (std::ranges::any_of(*actions, [&](const std::string& action) { return action.starts_with(prefix); })) return true;
  }
  return false;
}

/// In order of time, then of writing.
std::string history_order(const model::AlarmHistoryItem& item) {
  return fmt::format("{:020}|{:010}|{}", to_ms(item.at), item.sequence, item.alarm);
}

}  // namespace

Result<op::DescribeAlarms::Output> describe_alarms(Context& context, const op::DescribeAlarms::Input& in) {
  if (in.alarm_names && in.alarm_name_prefix) {
    return fail("ValidationError", "AlarmNamePrefix and AlarmNames cannot be specified together.");
  }
  if (in.children_of_alarm_name || in.parents_of_alarm_name) {
    return fail("ValidationError", "Composite alarms are not served by this engine: ChildrenOfAlarmName and "
                                   "ParentsOfAlarmName have nothing to name.");
  }
  op::DescribeAlarms::Output out;
  out.metric_alarms.emplace();
  out.composite_alarms.emplace();
  if (!wants_metric_alarms(in.alarm_types)) return out;
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_records.value_or(kAlarmsPerPage)), kInvalidToken));
  for (const auto& [name, alarm] : context.state.alarms.range(in.alarm_name_prefix.value_or(""))) {
    if (in.alarm_names && !in.alarm_names->empty() && std::ranges::count(*in.alarm_names, name) == 0) continue;
    if (in.state_value && alarm.state != *in.state_value) continue;
    if (in.action_prefix && !acts_on(alarm, *in.action_prefix)) continue;
    if (page.take(name)) out.metric_alarms->push_back(show_alarm(alarm));
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

Result<op::DescribeAlarmsForMetric::Output> describe_alarms_for_metric(Context& context,
                                                                       const op::DescribeAlarmsForMetric::Input& in) {
  model::MetricName metric{.space = *in.namespace_, .name = *in.metric_name, .dimensions = {}};
  for (const auto& dimension : in.dimensions.value_or(std::vector<api::cloudwatch::Dimension>{})) {
    metric.dimensions[*dimension.name] = *dimension.value;
  }
  op::DescribeAlarmsForMetric::Output out;
  out.metric_alarms.emplace();
  for (const auto& [name, alarm] : context.state.alarms.all()) {
    if (!alarm.metrics.empty() || alarm.metric != metric) continue;
    if (in.statistic && alarm.statistic != *in.statistic) continue;
    if (in.extended_statistic && alarm.extended_statistic != *in.extended_statistic) continue;
    if (in.period && alarm.period != *in.period) continue;
    if (in.unit && alarm.unit != *in.unit) continue;
    out.metric_alarms->push_back(show_alarm(alarm));
  }
  return out;
}

Result<op::DescribeAlarmHistory::Output> describe_alarm_history(Context& context, const op::DescribeAlarmHistory::Input& in) {
  op::DescribeAlarmHistory::Output out;
  out.alarm_history_items.emplace();
  if (!wants_metric_alarms(in.alarm_types)) return out;
  std::vector<const model::AlarmHistoryItem*> items;
  for (const auto& [key, item] : context.state.alarm_history.range(in.alarm_name ? *in.alarm_name + "#" : "")) {
    if (in.alarm_name && item.alarm != *in.alarm_name) continue;
    if (in.history_item_type && item.type != *in.history_item_type) continue;
    if (in.start_date && to_ms(item.at) < in.start_date->ms) continue;
    if (in.end_date && to_ms(item.at) > in.end_date->ms) continue;
    items.push_back(&item);
  }
  const bool ascending = in.scan_by.value_or("TimestampDescending") == "TimestampAscending";
  std::ranges::sort(items, [&](const auto* a, const auto* b) {
    return ascending ? history_order(*a) < history_order(*b) : history_order(*b) < history_order(*a);
  });
  const auto most = static_cast<std::size_t>(in.max_records.value_or(kHistoryPerPage));
  TRY(const std::optional<std::string> after, page_key(in.next_token, kInvalidToken));
  std::string last;
  for (const model::AlarmHistoryItem* item : items) {
    const std::string order = history_order(*item);
    if (after && (ascending ? order <= *after : order >= *after)) continue;
    if (out.alarm_history_items->size() == most) {
      out.next_token = page_token(last);
      break;
    }
    out.alarm_history_items->push_back({.alarm_name = item->alarm,
                                        .alarm_contributor_id = {},
                                        .alarm_type = std::string(kMetricAlarm),
                                        .timestamp = timestamp(item->at),
                                        .history_item_type = item->type,
                                        .history_summary = item->summary,
                                        .history_data = item->data,
                                        .alarm_contributor_attributes = {}});
    last = order;
  }
  return out;
}

}  // namespace services::cloudwatch

#include "control/alarms/reason.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/arn.h"

namespace control {

namespace {

constexpr std::size_t kShownInline = 4;  // five and more are said to be "the most recent datapoints"
constexpr std::size_t kShownAtMost = 5;

/// As Java prints a double, which is what AWS's texts show: "70.0", "0.005", "1.0E7".
std::string number(double value) {
  const double size = std::abs(value);
  if (value == 0 || (size >= 1e-3 && size < 1e7)) {
    std::string text = fmt::format("{}", value);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
  }
  char digits[32];
  const char* end = std::to_chars(std::begin(digits), std::end(digits), value, std::chars_format::scientific).ptr;
  const std::string text(static_cast<const char*>(digits), end);
  const std::size_t e = text.find('e');
  if (e == std::string::npos) return text;  // not a finite number
  const std::string mantissa = text.substr(0, e);
  return mantissa + (mantissa.find('.') == std::string::npos ? ".0E" : "E") +
         std::to_string(std::atoi(text.c_str() + e + 1));
}

/// "2018-08-03T15:00:42.903+0000"
std::string time_text(Instant at) {
  std::string text = to_iso8601(at);
  text.pop_back();
  return text + "+0000";
}

/// "03/09/25 06:24:00"
std::string day_text(Instant at) {
  const std::string iso = to_iso8601(at);
  return fmt::format("{}/{}/{} {}", iso.substr(8, 2), iso.substr(5, 2), iso.substr(2, 2), iso.substr(11, 8));
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string in_quotes(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? "," : "") + in_quotes(text);
  return out + "]";
}

std::string counted(int count, std::string_view noun) { return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s"); }

std::string operator_words(const std::string& comparison) {
  if (comparison == "GreaterThanOrEqualToThreshold") return "greater than or equal to";
  if (comparison == "GreaterThanThreshold") return "greater than";
  if (comparison == "LessThanThreshold") return "less than";
  return "less than or equal to";
}

const std::string& statistic_name(const model::Alarm& alarm) {
  return alarm.statistic.empty() ? alarm.extended_statistic : alarm.statistic;
}

/// The real points that speak for the state, newest first.
std::vector<const AlarmPoint*> proof(const model::Alarm& alarm, const Finding& finding) {
  std::vector<const AlarmPoint*> points;
  for (auto point = finding.points.rbegin(); point != finding.points.rend(); ++point) {
    if (point->value && breaches(alarm, *point->value) == (finding.state == "ALARM")) points.push_back(&*point);
  }
  return points;
}

/// Points that it takes to be in the state.
int minimum(const model::Alarm& alarm, const Finding& finding) {
  return finding.state == "ALARM" ? alarm.needed() : alarm.evaluation_periods - alarm.needed() + 1;
}

std::string filled_words(const model::Alarm& alarm, const Finding& finding) {
  return fmt::format("{} {} treated as [{}]", counted(finding.filled, "missing datapoint"),
                     finding.filled == 1 ? "was" : "were",
                     alarm.treat_missing_data == "breaching" ? "Breaching" : "NonBreaching");
}

std::string state_json(const model::Alarm& alarm) {
  std::string out = fmt::format("{{\"stateValue\":{},\"stateReason\":{}", in_quotes(alarm.state), in_quotes(alarm.state_reason));
  if (!alarm.state_reason_data.empty()) out += ",\"stateReasonData\":" + alarm.state_reason_data;
  return out + "}";
}

std::string dimensions_json(const model::Alarm& alarm) {
  std::string out = "[";
  for (const auto& [name, value] : alarm.metric.dimensions) {
    out += fmt::format("{}{{\"value\":{},\"name\":{}}}", out.size() > 1 ? "," : "", in_quotes(value), in_quotes(name));
  }
  return out + "]";
}

/// What would be published to an SNS topic: the message of an alarm notification.
std::string notification(const model::Alarm& before, const model::Alarm& after) {
  const Arn arn = Arn::parse(after.arn).value_or(Arn{});
  std::string trigger = fmt::format(
      "{{\"Period\":{},\"EvaluationPeriods\":{},\"ComparisonOperator\":{},\"Threshold\":{},\"TreatMissingData\":{}",
      after.period, after.evaluation_periods, in_quotes(after.comparison), number(after.threshold),
      in_quotes(after.treat_missing_data));
  if (after.metrics.empty()) {
    trigger += fmt::format(",\"MetricName\":{},\"Namespace\":{},\"StatisticType\":{},\"Statistic\":{},\"Dimensions\":{}",
                           in_quotes(after.metric.name), in_quotes(after.metric.space),
                           in_quotes(after.statistic.empty() ? "ExtendedStatistic" : "Statistic"),
                           in_quotes(statistic_name(after)), dimensions_json(after));
  } else {
    trigger += ",\"Metrics\":" + after.metrics;
  }
  return fmt::format(
      "{{\"AlarmName\":{},\"AlarmDescription\":{},\"AWSAccountId\":{},\"AlarmConfigurationUpdatedTimestamp\":{},"
      "\"NewStateValue\":{},\"NewStateReason\":{},\"StateChangeTime\":{},\"Region\":{},\"AlarmArn\":{},"
      "\"OldStateValue\":{},\"OKActions\":{},\"AlarmActions\":{},\"InsufficientDataActions\":{},\"Trigger\":{}}}}}",
      in_quotes(after.name), after.description.empty() ? "null" : in_quotes(after.description), in_quotes(arn.account),
      in_quotes(time_text(after.configuration_updated_at)), in_quotes(after.state), in_quotes(after.state_reason),
      in_quotes(time_text(after.state_updated_at)), in_quotes(arn.region), in_quotes(after.arn), in_quotes(before.state),
      in_quotes(after.ok_actions), in_quotes(after.alarm_actions), in_quotes(after.insufficient_data_actions), trigger);
}

}  // namespace

bool breaches(const model::Alarm& alarm, double value) {
  if (alarm.comparison == "GreaterThanThreshold") return value > alarm.threshold;
  if (alarm.comparison == "LessThanThreshold") return value < alarm.threshold;
  if (alarm.comparison == "GreaterThanOrEqualToThreshold") return value >= alarm.threshold;
  return value <= alarm.threshold;
}

std::string state_reason(const model::Alarm& alarm, const Finding& finding) {
  if (finding.state == "INSUFFICIENT_DATA") {
    return fmt::format("Insufficient Data: {} {} unknown.", counted(finding.filled, "datapoint"),
                       finding.filled == 1 ? "was" : "were");
  }
  const std::vector<const AlarmPoint*> points = proof(alarm, finding);
  const bool told = finding.filled > 0 && (alarm.treat_missing_data == "breaching" || alarm.treat_missing_data == "notBreaching");
  if (points.empty()) {
    const auto real = finding.points.size() - static_cast<std::size_t>(finding.filled);
    if (real > 0) return fmt::format("Threshold Crossed: {}.", filled_words(alarm, finding));
    return fmt::format("Threshold Crossed: no datapoints were received for {} and {}.",
                       counted(finding.filled, "period"), filled_words(alarm, finding));
  }
  // Alarms that say how many datapoints it takes (DatapointsToAlarm) get the longer text.
  const int count = static_cast<int>(points.size());
  std::string text = "Threshold Crossed: ";
  text += alarm.datapoints_to_alarm ? fmt::format("{} out of the last {} datapoints", count, alarm.evaluation_periods)
                                    : counted(count, "datapoint");
  std::string list;
  for (std::size_t i = 0; i < std::min(points.size(), kShownAtMost); ++i) {
    list += fmt::format("{}{} ({})", i == 0 ? "" : ", ", number(*points[i]->value), day_text(points[i]->start));
  }
  if (points.size() <= kShownInline) text += fmt::format(" [{}]", list);
  text += fmt::format(" {}{} {} the threshold ({})", count == 1 ? "was" : "were", finding.state == "OK" ? " not" : "",
                      operator_words(alarm.comparison), number(alarm.threshold));
  if (told) text += " and " + filled_words(alarm, finding);
  if (points.size() > kShownInline) {
    text += fmt::format(". The most recent datapoints{}: [{}]",
                        finding.state == "ALARM" ? " which crossed the threshold" : "", list);
  }
  if (alarm.datapoints_to_alarm) {
    text += fmt::format(" (minimum {} for {} transition)", counted(minimum(alarm, finding), "datapoint"),
                        finding.state == "ALARM" ? "OK -> ALARM" : "ALARM -> OK");
  }
  return text + ".";
}

std::string state_reason_data(const model::Alarm& alarm, const Finding& finding, Instant now) {
  std::string out = fmt::format("{{\"version\":\"1.0\",\"queryDate\":{}", in_quotes(time_text(now)));
  std::string recent;
  for (const AlarmPoint& point : finding.points) {
    if (!point.value) continue;
    if (recent.empty()) out += ",\"startDate\":" + in_quotes(time_text(point.start));
    recent += (recent.empty() ? "" : ",") + number(*point.value);
  }
  if (!alarm.unit.empty()) out += ",\"unit\":" + in_quotes(alarm.unit);
  if (alarm.metrics.empty()) out += ",\"statistic\":" + in_quotes(statistic_name(alarm));
  out += fmt::format(",\"period\":{},\"recentDatapoints\":[{}],\"threshold\":{}", alarm.period, recent,
                     number(alarm.threshold));
  std::string evaluated;
  const auto add = [&](const AlarmPoint& point) {
    evaluated += fmt::format("{}{{\"timestamp\":{}", evaluated.empty() ? "" : ",", in_quotes(time_text(point.start)));
    if (point.value) {
      if (alarm.metrics.empty()) evaluated += ",\"sampleCount\":" + number(point.sample_count);
      evaluated += ",\"value\":" + number(*point.value);
    }
    evaluated += "}";
  };
  const std::vector<const AlarmPoint*> points = proof(alarm, finding);
  const auto most = static_cast<std::size_t>(minimum(alarm, finding));
  for (std::size_t i = 0; i < std::min(points.size(), most); ++i) add(*points[i]);
  if (points.empty()) {
    for (auto point = finding.points.rbegin(); point != finding.points.rend(); ++point) add(*point);
  }
  return out + fmt::format(",\"evaluatedDatapoints\":[{}]}}", evaluated);
}

std::string state_update_data(const model::Alarm& before, const model::Alarm& after) {
  return fmt::format("{{\"version\":\"1.0\",\"oldState\":{},\"newState\":{}}}", state_json(before), state_json(after));
}

std::string action_data(const model::Alarm& before, const model::Alarm& after, const std::string& action) {
  std::string out = fmt::format("{{\"actionState\":\"Succeeded\",\"stateUpdateTimestamp\":{},\"notificationResource\":{}",
                                to_ms(after.state_updated_at), in_quotes(action));
  if (action.starts_with("arn:aws:sns:")) {
    const std::string message = notification(before, after);
    out += ",\"publishedMessage\":" + in_quotes(fmt::format("{{\"default\":{}}}", in_quotes(message)));
  }
  return out + "}";
}

std::string failed_action_data(const model::Alarm& after, const std::string& action) {
  return fmt::format("{{\"actionState\":\"Failed\",\"stateUpdateTimestamp\":{},\"notificationResource\":{},\"error\":{}}}",
                     to_ms(after.state_updated_at), in_quotes(action), in_quotes("No scaling policy found for " + action));
}

std::string configuration_data(const model::Alarm& alarm, AlarmChange change) {
  const bool created = change == AlarmChange::created, deleted = change == AlarmChange::deleted;
  std::string out = fmt::format("{{\"version\":\"1.0\",\"type\":{},{}:{{\"alarmName\":{}",
                                in_quotes(created ? "Create" : deleted ? "Delete" : "Update"),
                                in_quotes(created ? "createdAlarm" : deleted ? "deletedAlarm" : "updatedAlarm"),
                                in_quotes(alarm.name));
  if (!alarm.description.empty()) out += ",\"alarmDescription\":" + in_quotes(alarm.description);
  out += fmt::format(",\"alarmArn\":{},\"alarmConfigurationUpdatedTimestamp\":{}", in_quotes(alarm.arn),
                     in_quotes(time_text(alarm.configuration_updated_at)));
  if (alarm.metrics.empty()) {
    out += fmt::format(",\"namespace\":{},\"metricName\":{},{}:{},\"period\":{},\"dimensions\":{}",
                       in_quotes(alarm.metric.space), in_quotes(alarm.metric.name),
                       in_quotes(alarm.statistic.empty() ? "extendedStatistic" : "statistic"),
                       in_quotes(statistic_name(alarm)), alarm.period, dimensions_json(alarm));
    if (!alarm.unit.empty()) out += ",\"unit\":" + in_quotes(alarm.unit);
  } else {
    out += ",\"metrics\":" + alarm.metrics;
  }
  out += fmt::format(",\"threshold\":{},\"comparisonOperator\":{},\"evaluationPeriods\":{}", number(alarm.threshold),
                     in_quotes(alarm.comparison), alarm.evaluation_periods);
  if (alarm.datapoints_to_alarm) out += fmt::format(",\"datapointsToAlarm\":{}", *alarm.datapoints_to_alarm);
  if (!alarm.treat_missing_data.empty()) out += ",\"treatMissingData\":" + in_quotes(alarm.treat_missing_data);
  out += fmt::format(
      ",\"stateValue\":{},\"stateUpdatedTimestamp\":{},\"actionsEnabled\":{},\"alarmActions\":{},"
      "\"insufficientDataActions\":{},\"okactions\":{}}}}}",
      in_quotes(alarm.state), in_quotes(time_text(alarm.state_updated_at)), alarm.actions_enabled,
      in_quotes(alarm.alarm_actions), in_quotes(alarm.insufficient_data_actions), in_quotes(alarm.ok_actions));
  return out;
}

}  // namespace control

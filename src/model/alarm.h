// CloudWatch alarms and their history.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/metric.h"
#include "model/tag.h"

namespace model {

struct Alarm {
  std::string name, arn, description;
  MetricName metric;               ///< empty name: metric math, see metrics
  std::string statistic;           ///< Average, Sum…; empty when extended_statistic is set
  std::string extended_statistic;  ///< "p99"
  std::string unit;                ///< only datapoints of this unit count; empty: any
  int period = 60;                 ///< seconds, at AWS's pace
  std::string metrics;             ///< MetricDataQueries as given (JSON); empty: a plain metric
  std::vector<MetricQuery> queries;  ///< of metric math: what is evaluated; one of them is returned
  int evaluation_periods = 1;      ///< N
  std::optional<int> datapoints_to_alarm;  ///< M; N when absent
  double threshold = 0;
  std::string comparison = "GreaterThanThreshold";
  std::string treat_missing_data;  ///< missing (also when empty), notBreaching, breaching, ignore
  bool actions_enabled = true;
  std::vector<std::string> ok_actions, alarm_actions, insufficient_data_actions;

  std::string state = "INSUFFICIENT_DATA";  ///< OK, ALARM
  std::string state_reason, state_reason_data;
  Instant state_updated_at{}, state_transitioned_at{}, configuration_updated_at{};
  std::int64_t next_history = 1;  ///< sequence of its next AlarmHistoryItem
  std::string document;           ///< members that are only echoed (JSON)
  Tags tags;

  const std::string& key() const { return name; }
  int needed() const { return datapoints_to_alarm.value_or(evaluation_periods); }

  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("arn", self.arn);
    field("description", self.description);
    field("metric", self.metric);
    field("statistic", self.statistic);
    field("extended_statistic", self.extended_statistic);
    field("unit", self.unit);
    field("period", self.period);
    field("metrics", self.metrics);
    field("queries", self.queries);
    field("evaluation_periods", self.evaluation_periods);
    field("datapoints_to_alarm", self.datapoints_to_alarm);
    field("threshold", self.threshold);
    field("comparison", self.comparison);
    field("treat_missing_data", self.treat_missing_data);
    field("actions_enabled", self.actions_enabled);
    field("ok_actions", self.ok_actions);
    field("alarm_actions", self.alarm_actions);
    field("insufficient_data_actions", self.insufficient_data_actions);
    field("state", self.state);
    field("state_reason", self.state_reason);
    field("state_reason_data", self.state_reason_data);
    field("state_updated_at", self.state_updated_at);
    field("state_transitioned_at", self.state_transitioned_at);
    field("configuration_updated_at", self.configuration_updated_at);
    field("next_history", self.next_history);
    field("document", self.document);
    field("tags", self.tags);
  }
};

struct AlarmHistoryItem {
  std::string alarm;
  std::int64_t sequence = 0;
  Instant at{};
  std::string type;  ///< ConfigurationUpdate, StateUpdate, Action
  std::string summary, data;

  /// "name#00000042": in order within an alarm.
  std::string key() const;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("alarm", self.alarm);
    field("sequence", self.sequence);
    field("at", self.at);
    field("type", self.type);
    field("summary", self.summary);
    field("data", self.data);
  }
};

}  // namespace model

// One CloudWatch alarm evaluated (sheet H): M of N, missing data, states, reasons, what fires. Called by the engine when
// an alarm's evaluation is due. Pure; run twice at the same time it changes nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/alarm.h"

namespace control {

/// One period of the evaluation range.
struct AlarmPoint {
  Instant start{};              ///< of the period
  std::optional<double> value;  ///< absent: missing
  double sample_count = 0;
};

/// Whether the scaling policy that an action names is there; empty: all are.
using PolicyExists = std::function<bool(const std::string& action)>;

struct AlarmView {
  const model::Alarm* alarm = nullptr;  ///< never null
  std::vector<AlarmPoint> points;       ///< the evaluation range, oldest first; wider than N (see evaluation_range)
  PolicyExists policy_exists;
};

/// What an evaluation saw: kept in memory by the engine for scaling policies, `status` and `--explain`.
struct Evaluation {
  Instant at{};
  std::string state;               ///< after it
  std::optional<double> value;     ///< newest datapoint; what scaling policies compute with
  std::vector<AlarmPoint> points;  ///< the N that were judged, oldest first
  int breaching = 0, needed = 0;   ///< "2/3 breaching"
};

struct AlarmDecision {
  std::optional<model::Alarm> record;            ///< replaces the alarm's record
  std::vector<model::AlarmHistoryItem> history;  ///< to put
  /// ARNs of actions to carry out: all of the state's on a transition, only scaling policies' while it lasts (each minute).
  std::vector<std::string> actions;
  Evaluation evaluation;
};

AlarmDecision evaluate(const AlarmView& view, Instant now, Pace pace);

/// SetAlarmState: the state is as told until the next evaluation. Its actions fire as on any other transition.
AlarmDecision set_state(const model::Alarm& alarm, const std::string& state, const std::string& reason,
                        const std::string& reason_data, Instant now, const PolicyExists& policy_exists = {});

enum class AlarmChange { created, updated, deleted };
/// ConfigurationUpdate. Takes the next number of the alarm's history.
model::AlarmHistoryItem configuration_change(model::Alarm& alarm, AlarmChange change, Instant now);

/// The actions of the state the alarm is in; none while its actions are disabled.
const std::vector<std::string>& actions_of(const model::Alarm& alarm);
bool is_scaling_policy(const std::string& action);
/// The newest of recentDatapoints in a StateReasonData: what a state that was set by hand says about the metric.
std::optional<double> newest_datapoint(const std::string& state_reason_data);

}  // namespace control

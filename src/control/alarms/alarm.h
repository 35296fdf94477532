// One CloudWatch alarm evaluated (sheet H): M of N, missing data, states, reasons, what fires. Called by the engine when
// an alarm's evaluation is due. Pure; run twice at the same time it changes nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/alarm.h"

namespace control {

/// One period of the evaluation range.
struct AlarmPoint {
  Instant start{};               ///< of the period
  std::optional<double> value;   ///< absent: missing
};

struct AlarmView {
  const model::Alarm* alarm = nullptr;  ///< never null
  std::vector<AlarmPoint> points;       ///< the evaluation range, oldest first; wider than N (see evaluation_range)
};

/// What an evaluation saw: kept in memory by the engine for scaling policies, `status` and `--explain`.
struct Evaluation {
  Instant at{};
  std::string state;                  ///< after it
  std::optional<double> value;        ///< newest datapoint; what scaling policies compute with
  std::vector<AlarmPoint> points;     ///< the N that were judged, oldest first
  int breaching = 0, needed = 0;      ///< "2/3 breaching"
};

struct AlarmDecision {
  std::optional<model::Alarm> record;             ///< replaces the alarm's record
  std::vector<model::AlarmHistoryItem> history;   ///< to put
  /// ARNs of actions to carry out: all of the state's on a transition, only scaling policies' while it lasts (each minute).
  std::vector<std::string> actions;
  Evaluation evaluation;
};

AlarmDecision evaluate(const AlarmView& view, Instant now, Pace pace);

/// Periods that the view holds: N and two more (sheet H).
int evaluation_range(const model::Alarm& alarm);
/// The next evaluation after `now`: each minute for periods of 60 s and more, each 10 s for shorter ones, a moment after
/// the period's end so that its datapoint is there.
Instant next_evaluation(const model::Alarm& alarm, Instant now, Pace pace);

}  // namespace control

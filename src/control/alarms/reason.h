// The texts of alarms, as AWS writes them: StateReason, StateReasonData, and the historyData of history items (sheet H;
// wordings as seen in describe-alarms and describe-alarm-history outputs 2018..2026). Used by evaluate() and set_state().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/alarms/alarm.h"

namespace control {

/// A new state and the points that prove it.
struct Finding {
  std::string_view state;
  std::vector<AlarmPoint> points;  ///< the N judged, oldest first
  int filled = 0;                  ///< how many of them are missing and were filled
};

bool breaches(const model::Alarm& alarm, double value);

std::string state_reason(const model::Alarm& alarm, const Finding& finding);
std::string state_reason_data(const model::Alarm& alarm, const Finding& finding, Instant now);

std::string state_update_data(const model::Alarm& before, const model::Alarm& after);
std::string action_data(const model::Alarm& before, const model::Alarm& after, const std::string& action);
/// Of an action whose scaling policy is gone.
std::string failed_action_data(const model::Alarm& after, const std::string& action);
std::string configuration_data(const model::Alarm& alarm, AlarmChange change);

}  // namespace control

// Which alarms are evaluated when. Alarms of one rhythm (each 10 s, each minute, each hour) are due at the same moments, so
// a rhythm has one deadline and not each alarm: a minute's evaluation of a thousand alarms costs no look-up. Used by the
// engine, which tells it of every alarm that changed.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "base/time.h"
#include "control/alarms/alarm.h"
#include "control/alarms/window.h"
#include "model/alarm.h"
#include "state/metric_store.h"

namespace engine {

class AlarmWatch {
 public:
  struct Watched {
    const model::Alarm* alarm = nullptr;  ///< valid until the next change of the table
    std::string state;                    ///< that the engine knows of and has reacted to
    control::Evaluation* seen = nullptr;  ///< never null
    state::MetricPlace metric = {};       ///< of its metric
  };

  /// New, or changed: it may have another rhythm now. `alarm` must stay until the next call for this name.
  Watched& put(const model::Alarm& alarm, control::Evaluation& seen, Instant now, Pace pace) {
    const Duration interval = control::evaluation_interval(alarm, pace);
    for (auto& [other, rhythm] : rhythms_) {
      if (other == interval) continue;
      if (const auto found = rhythm.alarms.find(alarm.name); found != rhythm.alarms.end()) {
        const std::string state = found->second.state;
        rhythm.alarms.erase(found);
        Watched& moved = enter(alarm, interval, now, pace);
        moved = {&alarm, state, &seen};
        return moved;
      }
    }
    Watched& watched = enter(alarm, interval, now, pace);
    watched.alarm = &alarm;
    watched.seen = &seen;
    watched.metric = {};
    return watched;
  }
  void erase(const std::string& name) {
    for (auto& [interval, rhythm] : rhythms_) rhythm.alarms.erase(name);
  }

  Instant next() const {
    Instant next = kNever;
    for (const auto& [interval, rhythm] : rhythms_) {
      if (!rhythm.alarms.empty()) next = std::min(next, rhythm.next);
    }
    return next;
  }
  /// Calls evaluate(Watched&) for each alarm that is due, in order of names within a rhythm.
  template <class F>
  void take_due(Instant now, Pace pace, F&& evaluate) {
    for (auto& [interval, rhythm] : rhythms_) {
      if (rhythm.next > now || rhythm.alarms.empty()) continue;
      for (auto& [name, watched] : rhythm.alarms) evaluate(watched);
      rhythm.next = next_of(rhythm, now, pace);
    }
  }

 private:
  struct Rhythm {
    Instant next = kNever;
    std::map<std::string, Watched> alarms;
  };

  Watched& enter(const model::Alarm& alarm, Duration interval, Instant now, Pace pace) {
    Rhythm& rhythm = rhythms_[interval];
    const auto [watched, is_new] = rhythm.alarms.try_emplace(alarm.name);
    if (is_new && rhythm.alarms.size() == 1) rhythm.next = control::next_evaluation(alarm, now, pace);
    return watched->second;
  }
  static Instant next_of(const Rhythm& rhythm, Instant now, Pace pace) {
    return control::next_evaluation(*rhythm.alarms.begin()->second.alarm, now, pace);
  }

  std::map<Duration, Rhythm> rhythms_;
};

}  // namespace engine

// When which key must be looked at again, at the latest.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/time.h"

namespace engine {

class Deadlines {
 public:
  /// Replaces the key's deadline; kNever removes it.
  void set(const std::string& key, Instant at) {
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
      by_time_.erase({found->second, key});
      by_key_.erase(found);
    }
    if (at == kNever) return;
    by_key_.emplace(key, at);
    by_time_.emplace(at, key);
  }
  /// Moves the keys that are due into `keys`.
  void take_due(Instant now, std::set<std::string>& keys) {
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
      keys.insert(by_time_.begin()->second);
      by_key_.erase(by_time_.begin()->second);
      by_time_.erase(by_time_.begin());
    }
  }
  Instant next() const { return by_time_.empty() ? kNever : by_time_.begin()->first; }

 private:
  std::map<std::string, Instant> by_key_;
  std::set<std::pair<Instant, std::string>> by_time_;
};

}  // namespace engine

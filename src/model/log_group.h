// CloudWatch Logs: groups and streams. The events themselves are in state/log_store.h.
#pragma once

#include <optional>

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct LogGroup {
  std::string name, arn;
  Instant created_at{};
  std::optional<int> retention_days;
  Tags tags;
  const std::string& key() const { return name; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("arn", self.arn);
    field("created_at", self.created_at);
    field("retention_days", self.retention_days);
    field("tags", self.tags);
  }
};

struct LogStream {
  std::string group, name, arn;
  Instant created_at{};
  std::string key() const { return group + ":" + name; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("group", self.group);
    field("name", self.name);
    field("arn", self.arn);
    field("created_at", self.created_at);
  }
};

}  // namespace model

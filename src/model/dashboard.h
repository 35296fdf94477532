// A CloudWatch dashboard: kept as given.
#pragma once

#include <string>

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct Dashboard {
  std::string name;
  std::string body;  ///< JSON, as given
  Instant modified_at{};
  Tags tags;

  const std::string& key() const { return name; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("body", self.body);
    field("modified_at", self.modified_at);
    field("tags", self.tags);
  }
};

}  // namespace model

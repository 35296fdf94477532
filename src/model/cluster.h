// An ECS cluster.
#pragma once

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct Cluster {
  std::string name, arn;
  std::string status = "ACTIVE";  ///< ACTIVE, INACTIVE
  Instant created_at{};
  std::string document;  ///< settings, configuration, capacity providers as the API gave them (JSON)
  Tags tags;

  const std::string& key() const { return name; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("arn", self.arn);
    field("status", self.status);
    field("created_at", self.created_at);
    field("document", self.document);
    field("tags", self.tags);
  }
};

}  // namespace model

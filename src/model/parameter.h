// A parameter of one's own in the SSM Parameter Store. Public parameters are the service's catalogue.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct ParameterVersion {
  std::int64_t number = 1;
  std::string value, type, description, allowed_pattern, key_id, tier = "Standard", data_type = "text";
  Instant modified_at{};
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("number", self.number);
    field("value", self.value);
    field("type", self.type);
    field("description", self.description);
    field("allowed_pattern", self.allowed_pattern);
    field("key_id", self.key_id);
    field("tier", self.tier);
    field("data_type", self.data_type);
    field("modified_at", self.modified_at);
  }
};

struct Parameter {
  std::string name;
  std::vector<ParameterVersion> versions;  ///< oldest first, never empty
  Tags tags;
  const std::string& key() const { return name; }
  const ParameterVersion& latest() const { return versions.back(); }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("versions", self.versions);
    field("tags", self.tags);
  }
};

}  // namespace model

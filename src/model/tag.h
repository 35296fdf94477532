// A resource tag, and the way every record lists its fields.
//
// Each record has `visit(self, field)`, which calls field("name", self.name) for each stored field. Names are what
// SQLite holds: renaming one needs a migration; adding one does not (a missing field keeps its default).
#pragma once

#include <string>
#include <vector>

namespace model {

struct Tag {
  std::string key, value;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("key", self.key);
    field("value", self.value);
  }
  friend bool operator==(const Tag&, const Tag&) = default;
};
using Tags = std::vector<Tag>;

}  // namespace model

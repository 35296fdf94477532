// Cloud Map: HTTP namespaces, and the operations that made and deleted them.
#pragma once

#include <string>

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct Namespace {
  std::string id, arn, name, description, creator_request_id;
  Instant created_at{};
  Tags tags;
  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("arn", self.arn);
    field("name", self.name);
    field("description", self.description);
    field("creator_request_id", self.creator_request_id);
    field("created_at", self.created_at);
    field("tags", self.tags);
  }
};

/// Over when it is answered: clients ask for it all the same.
struct NamespaceOperation {
  std::string id;
  std::string type;          ///< CREATE_NAMESPACE, DELETE_NAMESPACE, UPDATE_NAMESPACE
  std::string namespace_id;  ///< may be gone
  Instant created_at{};
  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("type", self.type);
    field("namespace_id", self.namespace_id);
    field("created_at", self.created_at);
  }
};

}  // namespace model

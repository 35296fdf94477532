// An ECR repository. Its images are in the registry's store.
#pragma once

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct Repository {
  std::string name, arn, uri;
  Instant created_at{};
  std::string tag_mutability = "MUTABLE";
  bool scan_on_push = false;
  std::string lifecycle_policy, policy;
  Tags tags;
  const std::string& key() const { return name; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("arn", self.arn);
    field("uri", self.uri);
    field("created_at", self.created_at);
    field("tag_mutability", self.tag_mutability);
    field("scan_on_push", self.scan_on_push);
    field("lifecycle_policy", self.lifecycle_policy);
    field("policy", self.policy);
    field("tags", self.tags);
  }
};

}  // namespace model

// IAM: roles, customer managed policies, instance profiles. AWS's own policies are a catalogue of the service, not records.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct Role {
  std::string name, id, path = "/", arn;
  std::string trust_policy;  ///< AssumeRolePolicyDocument, as given
  std::optional<std::string> description;
  int max_session_duration = 3600;
  std::map<std::string, std::string> inline_policies;  ///< name to document
  std::vector<std::string> attached_policies;          ///< ARNs, in the order of attaching
  Instant created_at{};
  Tags tags;
  const std::string& key() const { return name; }
  /// Only its service may change it.
  bool service_linked() const { return path.starts_with("/aws-service-role/"); }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("id", self.id);
    field("path", self.path);
    field("arn", self.arn);
    field("trust_policy", self.trust_policy);
    field("description", self.description);
    field("max_session_duration", self.max_session_duration);
    field("inline_policies", self.inline_policies);
    field("attached_policies", self.attached_policies);
    field("created_at", self.created_at);
    field("tags", self.tags);
  }
};

struct ManagedPolicyVersion {
  int number = 1;
  std::string document;
  Instant created_at{};
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("number", self.number);
    field("document", self.document);
    field("created_at", self.created_at);
  }
};

struct ManagedPolicy {
  std::string name, id, path = "/", arn;
  std::optional<std::string> description;
  int default_version = 1, next_version = 2;
  std::vector<ManagedPolicyVersion> versions;
  Instant created_at{}, updated_at{};
  Tags tags;
  const std::string& key() const { return arn; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("id", self.id);
    field("path", self.path);
    field("arn", self.arn);
    field("description", self.description);
    field("default_version", self.default_version);
    field("next_version", self.next_version);
    field("versions", self.versions);
    field("created_at", self.created_at);
    field("updated_at", self.updated_at);
    field("tags", self.tags);
  }
};

struct InstanceProfile {
  std::string name, id, path = "/", arn;
  std::string role;  ///< by name; empty: none
  Instant created_at{};
  Tags tags;
  const std::string& key() const { return name; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("id", self.id);
    field("path", self.path);
    field("arn", self.arn);
    field("role", self.role);
    field("created_at", self.created_at);
    field("tags", self.tags);
  }
};

}  // namespace model

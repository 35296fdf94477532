// The part of a VPC that this half of the engine keeps: the default VPC, its subnets and security groups.
#pragma once

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct Vpc {
  std::string id, cidr;
  bool is_default = false;
  Tags tags;
  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("cidr", self.cidr);
    field("is_default", self.is_default);
    field("tags", self.tags);
  }
};

struct Subnet {
  std::string id, vpc_id, cidr, availability_zone;
  bool default_for_az = false;
  bool map_public_ip = false;
  Tags tags;
  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("vpc_id", self.vpc_id);
    field("cidr", self.cidr);
    field("availability_zone", self.availability_zone);
    field("default_for_az", self.default_for_az);
    field("map_public_ip", self.map_public_ip);
    field("tags", self.tags);
  }
};

struct SecurityGroup {
  std::string id, name, description, vpc_id;
  std::string document;  ///< rules (JSON)
  Tags tags;
  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("name", self.name);
    field("description", self.description);
    field("vpc_id", self.vpc_id);
    field("document", self.document);
    field("tags", self.tags);
  }
};

}  // namespace model

// VPCs, their subnets and security groups. What leads traffic in them is in gateway.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct Vpc {
  std::string id, cidr;
  bool is_default = false;
  bool dns_support = true;
  std::optional<bool> dns_hostnames;  ///< absent: on in the default VPC only
  bool address_usage_metrics = false;
  std::string tenancy = "default";
  Tags tags;
  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("cidr", self.cidr);
    field("is_default", self.is_default);
    field("dns_support", self.dns_support);
    field("dns_hostnames", self.dns_hostnames);
    field("address_usage_metrics", self.address_usage_metrics);
    field("tenancy", self.tenancy);
    field("tags", self.tags);
  }
};

struct Subnet {
  std::string id, vpc_id, cidr, availability_zone;
  bool default_for_az = false;
  bool map_public_ip = false;
  std::string hostname_type = "ip-name";
  bool dns_a_record = false;
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
    field("hostname_type", self.hostname_type);
    field("dns_a_record", self.dns_a_record);
    field("tags", self.tags);
  }
};

/// A rule as far as it decides what gets through.
struct SecurityRule {
  bool egress = false;
  std::string protocol;            ///< tcp, udp, icmp, icmpv6, a number, or -1: all
  int from_port = -1, to_port = -1;  ///< -1: all
  std::string cidr;                ///< IPv4; one of cidr and group, or neither (IPv6, prefix lists: they match nothing here)
  std::string group;               ///< members of that security group
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("egress", self.egress);
    field("protocol", self.protocol);
    field("from_port", self.from_port);
    field("to_port", self.to_port);
    field("cidr", self.cidr);
    field("group", self.group);
  }
};

struct SecurityGroup {
  std::string id, name, description, vpc_id;
  std::string document;              ///< rules as they are shown (JSON)
  std::vector<SecurityRule> rules;   ///< the same ones
  Tags tags;
  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("name", self.name);
    field("description", self.description);
    field("vpc_id", self.vpc_id);
    field("document", self.document);
    field("rules", self.rules);
    field("tags", self.tags);
  }
};

/// Where tasks of mode awsvpc have their interfaces: networkConfiguration of the API. Without subnets there is none.
struct NetworkConfiguration {
  std::vector<std::string> subnets;          ///< of one VPC
  std::vector<std::string> security_groups;  ///< none: the VPC's default one
  bool public_address = false;               ///< assignPublicIp
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("subnets", self.subnets);
    field("security_groups", self.security_groups);
    field("public_address", self.public_address);
  }
  friend bool operator==(const NetworkConfiguration&, const NetworkConfiguration&) = default;
};

}  // namespace model

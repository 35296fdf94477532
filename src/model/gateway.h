// What leads traffic in a VPC: route tables, gateways, addresses. Kept and checked as AWS does; on one machine nothing is
// routed by them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct Route {
  std::string destination, destination_ipv6;  ///< CIDR: one of them
  std::string gateway, nat_gateway;           ///< gateway "local": the VPC's own
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("destination", self.destination);
    field("destination_ipv6", self.destination_ipv6);
    field("gateway", self.gateway);
    field("nat_gateway", self.nat_gateway);
  }
};

struct RouteAssociation {
  std::string id, subnet, gateway;
  bool main = false;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("subnet", self.subnet);
    field("gateway", self.gateway);
    field("main", self.main);
  }
};

struct RouteTable {
  std::string id, vpc_id;
  std::vector<Route> routes;
  std::vector<RouteAssociation> associations;
  Tags tags;
  const std::string& key() const { return id; }
  bool main() const {
    for (const RouteAssociation& one : associations) {
      if (one.main) return true;
    }
    return false;
  }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("vpc_id", self.vpc_id);
    field("routes", self.routes);
    field("associations", self.associations);
    field("tags", self.tags);
  }
};

struct InternetGateway {
  std::string id, vpc_id;  ///< empty: detached
  Tags tags;
  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("vpc_id", self.vpc_id);
    field("tags", self.tags);
  }
};

struct NatGateway {
  std::string id, vpc_id, subnet_id, allocation_id, interface_id, private_address;
  std::string connectivity = "public";
  std::string client_token;
  std::string state = "available";
  Instant created_at{};
  std::optional<Instant> deleted_at;
  Tags tags;
  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("vpc_id", self.vpc_id);
    field("subnet_id", self.subnet_id);
    field("allocation_id", self.allocation_id);
    field("interface_id", self.interface_id);
    field("private_address", self.private_address);
    field("connectivity", self.connectivity);
    field("client_token", self.client_token);
    field("state", self.state);
    field("created_at", self.created_at);
    field("deleted_at", self.deleted_at);
    field("tags", self.tags);
  }
};

/// An Elastic IP.
struct ElasticAddress {
  std::string id;  ///< allocation id
  std::string address;
  std::string association_id, instance_id, interface_id, private_address;  ///< empty: free
  Tags tags;
  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("address", self.address);
    field("association_id", self.association_id);
    field("instance_id", self.instance_id);
    field("interface_id", self.interface_id);
    field("private_address", self.private_address);
    field("tags", self.tags);
  }
};

}  // namespace model

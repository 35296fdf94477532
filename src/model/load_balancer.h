// Application load balancers: the balancer, its listeners and their rules.
#pragma once

#include <map>
#include <optional>

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct LoadBalancer {
  std::string arn, name, dns_name;
  std::string address;  ///< its own, in 127.0.0.0/8
  std::string scheme = "internet-facing";
  std::string type = "application";
  std::string state = "active";
  std::string vpc_id;
  std::vector<std::string> subnets, security_groups;
  std::string ip_address_type = "ipv4";
  std::map<std::string, std::string> attributes;
  Instant created_at{};
  Tags tags;

  const std::string& key() const { return arn; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("arn", self.arn);
    field("name", self.name);
    field("dns_name", self.dns_name);
    field("address", self.address);
    field("scheme", self.scheme);
    field("type", self.type);
    field("state", self.state);
    field("vpc_id", self.vpc_id);
    field("subnets", self.subnets);
    field("security_groups", self.security_groups);
    field("ip_address_type", self.ip_address_type);
    field("attributes", self.attributes);
    field("created_at", self.created_at);
    field("tags", self.tags);
  }
};

struct WeightedTargetGroup {
  std::string target_group_arn;
  std::optional<int> weight;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("target_group_arn", self.target_group_arn);
    field("weight", self.weight);
  }
};

struct ListenerAction {
  std::string type;  ///< forward, redirect, fixed-response
  std::optional<int> order;
  std::string target_group_arn;  ///< forward to one group, as given
  std::vector<WeightedTargetGroup> groups;
  bool group_stickiness = false;
  std::optional<int> group_stickiness_seconds;
  std::map<std::string, std::string> redirect;        ///< Protocol, Host, Port, Path, Query, StatusCode
  std::map<std::string, std::string> fixed_response;  ///< StatusCode, ContentType, MessageBody
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("type", self.type);
    field("order", self.order);
    field("target_group_arn", self.target_group_arn);
    field("groups", self.groups);
    field("group_stickiness", self.group_stickiness);
    field("group_stickiness_seconds", self.group_stickiness_seconds);
    field("redirect", self.redirect);
    field("fixed_response", self.fixed_response);
  }
};

struct KeyValue {
  std::string key, value;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("key", self.key);
    field("value", self.value);
  }
};

struct RuleCondition {
  std::string field;        ///< host-header, path-pattern, http-header, query-string, http-request-method, source-ip
  std::string header_name;  ///< http-header
  std::vector<std::string> values;
  std::vector<KeyValue> pairs;  ///< query-string
  bool legacy_values = false;   ///< given in Values, not in the field's own Config
  template <class Self, class Field>
  static void visit(Self& self, Field&& visit_field) {
    visit_field("field", self.field);
    visit_field("header_name", self.header_name);
    visit_field("values", self.values);
    visit_field("pairs", self.pairs);
    visit_field("legacy_values", self.legacy_values);
  }
};

struct Listener {
  std::string arn, load_balancer_arn;
  int port = 0;
  std::string protocol = "HTTP";
  std::string ssl_policy;
  std::vector<std::string> certificates;  ///< ARNs; the first is the default, the others are chosen by SNI
  std::vector<ListenerAction> default_actions;
  std::string default_rule_arn;
  std::map<std::string, std::string> attributes;
  int bound_port = 0;      ///< where it really listens; 0: not yet
  std::string bind_error;  ///< why it does not
  Tags tags;

  const std::string& key() const { return arn; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("arn", self.arn);
    field("load_balancer_arn", self.load_balancer_arn);
    field("port", self.port);
    field("protocol", self.protocol);
    field("ssl_policy", self.ssl_policy);
    field("certificates", self.certificates);
    field("default_actions", self.default_actions);
    field("default_rule_arn", self.default_rule_arn);
    field("attributes", self.attributes);
    field("bound_port", self.bound_port);
    field("bind_error", self.bind_error);
    field("tags", self.tags);
  }
};

/// A rule other than a listener's default (that one is the listener's default_actions).
struct ListenerRule {
  std::string arn, listener_arn;
  int priority = 0;
  std::vector<RuleCondition> conditions;
  std::vector<ListenerAction> actions;
  Tags tags;

  const std::string& key() const { return arn; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("arn", self.arn);
    field("listener_arn", self.listener_arn);
    field("priority", self.priority);
    field("conditions", self.conditions);
    field("actions", self.actions);
    field("tags", self.tags);
  }
};

}  // namespace model

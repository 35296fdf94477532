#include "control/health/reach.h"

#include <doctest/doctest.h>

using namespace control;

namespace {

const std::string kVpc = "172.31.0.0/16";

model::SecurityRule in(int from, int to, std::string cidr, std::string group = "") {
  return {.protocol = "tcp", .from_port = from, .to_port = to, .cidr = std::move(cidr), .group = std::move(group)};
}
model::SecurityRule out(int from, int to, std::string cidr, std::string group = "") {
  model::SecurityRule rule = in(from, to, std::move(cidr), std::move(group));
  rule.egress = true;
  return rule;
}
const model::SecurityRule kAllOut{.egress = true, .protocol = "-1", .cidr = "0.0.0.0/0"};

/// A balancer in one subnet, a node in another, each in a group of its own.
struct Groups {
  model::SecurityGroup balancer{.id = "sg-lb", .rules = {kAllOut}};
  model::SecurityGroup node{.id = "sg-node", .rules = {kAllOut}};
  std::string why(int port = 32768) const {
    return blocked({"the load balancer", {&balancer}, {"172.31.0.0/20"}}, {"node i-1", {&node}, {"172.31.16.0/20"}}, port);
  }
  std::optional<std::vector<std::string>> clients(int port = 80) const {
    return admitted({"the load balancer", {&balancer}, {}}, port, kVpc);
  }
};

}  // namespace

TEST_CASE("Reach_NodeWithoutARule_IsBlockedAndTheReasonNamesBothGroups") {
  Groups groups;
  CHECK(groups.why() ==
        "the security groups of node i-1 (sg-node) let nothing in from the load balancer on TCP port 32768");
}

TEST_CASE("Reach_RuleForTheBalancersGroup_LetsItThroughOnItsPortsOnly") {
  Groups groups;
  groups.node.rules.push_back(in(32768, 65535, "", "sg-lb"));
  CHECK(groups.why().empty());
  CHECK_FALSE(groups.why(8080).empty());
  groups.node.rules.back().group = "sg-other";
  CHECK_FALSE(groups.why().empty());
}

TEST_CASE("Reach_RuleForAnyPartOfTheBalancersSubnet_LetsItThrough") {
  Groups groups;
  groups.node.rules.push_back(in(0, 65535, kVpc));
  CHECK(groups.why().empty());
  groups.node.rules.back().cidr = "172.31.1.0/24";
  CHECK(groups.why().empty());
  groups.node.rules.back().cidr = "10.0.0.0/8";
  CHECK_FALSE(groups.why().empty());
}

TEST_CASE("Reach_BalancerThatMayNotGoOut_IsBlockedOnItsOwnSide") {
  Groups groups;
  groups.node.rules.push_back(in(0, 65535, "0.0.0.0/0"));
  groups.balancer.rules.clear();
  CHECK(groups.why() ==
        "the security groups of the load balancer (sg-lb) let nothing out to node i-1 on TCP port 32768");
  groups.balancer.rules.push_back(out(32768, 65535, "", "sg-node"));
  CHECK(groups.why().empty());
}

TEST_CASE("Reach_OtherProtocols_LetNothingThrough") {
  Groups groups;
  groups.node.rules.push_back(in(0, 65535, "0.0.0.0/0"));
  groups.node.rules.back().protocol = "udp";
  CHECK_FALSE(groups.why().empty());
  groups.node.rules.back() = {.protocol = "-1", .group = "sg-lb"};
  CHECK(groups.why().empty());
}

TEST_CASE("Reach_SideWithoutGroups_BlocksNothing") {
  Groups groups;
  const Side unknown{"10.0.0.9", {}, {}};
  CHECK(blocked({"the load balancer", {&groups.balancer}, {}}, unknown, 80).empty());
  CHECK_FALSE(admitted(unknown, 80, kVpc));
}

TEST_CASE("Admitted_EverybodyWhereOneRuleSaysSo") {
  Groups groups;
  groups.balancer.rules.push_back(in(80, 80, "203.0.113.0/24"));
  groups.balancer.rules.push_back(in(80, 80, "0.0.0.0/0"));
  CHECK_FALSE(groups.clients());
  CHECK(groups.clients(443) == std::vector<std::string>{});
}

TEST_CASE("Admitted_BlocksMeanWhatTheySay_GroupsAndTheVpcMeanThisMachine") {
  Groups groups;
  groups.balancer.rules.push_back(in(80, 80, "203.0.113.0/24"));
  CHECK(groups.clients() == std::vector<std::string>{"203.0.113.0/24"});
  groups.balancer.rules.push_back(in(80, 80, "172.31.0.0/20"));
  CHECK(groups.clients() == std::vector<std::string>{"127.0.0.0/8", "172.31.0.0/20", "203.0.113.0/24"});
  groups.balancer.rules = {in(0, 65535, "", "sg-lb")};
  CHECK(groups.clients() == std::vector<std::string>{"127.0.0.0/8"});
}

TEST_CASE("Overlap_OfBlocks") {
  CHECK(overlap("10.0.0.0/8", "10.1.2.0/24"));
  CHECK(overlap("10.1.2.3/32", "10.0.0.0/8"));
  CHECK(overlap("0.0.0.0/0", "192.168.0.1/32"));
  CHECK_FALSE(overlap("10.0.0.0/16", "10.1.0.0/16"));
  CHECK_FALSE(overlap("::/0", "10.0.0.0/8"));
}

// VPCs of one's own and what leads traffic in them.
#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/ec2/cidr.h"
#include "services/ec2/default_network.h"
#include "services/ec2/handlers.h"

namespace services::ec2 {
namespace {

struct NetworkWorld : services::ContextFixture {
  NetworkWorld() {
    seed_default_network(context);
    vpc = *make_vpc("10.0.0.0/16")->vpc->vpc_id;
  }
  Answer<op::CreateVpc> make_vpc(const std::string& cidr) {
    op::CreateVpc::Input in;
    in.cidr_block = cidr;
    return create_vpc(context, in);
  }
  Answer<op::CreateSubnet> make_subnet(const std::string& cidr, const std::string& zone = "us-east-1a") {
    op::CreateSubnet::Input in;
    in.vpc_id = vpc;
    in.cidr_block = cidr;
    in.availability_zone = zone;
    return create_subnet(context, in);
  }
  std::string subnet(const std::string& cidr = "10.0.0.0/24") { return *make_subnet(cidr)->subnet->subnet_id; }
  std::string gateway(bool attached = true) {
    const std::string id = *create_internet_gateway(context, {})->internet_gateway->internet_gateway_id;
    op::AttachInternetGateway::Input in;
    in.internet_gateway_id = id;
    in.vpc_id = vpc;
    if (attached) CHECK(attach_internet_gateway(context, in));
    return id;
  }
  std::string table() {
    op::CreateRouteTable::Input in;
    in.vpc_id = vpc;
    return *create_route_table(context, in)->route_table->route_table_id;
  }
  Answer<op::CreateRoute> route(const std::string& table, const std::string& gateway, const std::string& to = "0.0.0.0/0") {
    op::CreateRoute::Input in;
    in.route_table_id = table;
    in.destination_cidr_block = to;
    in.gateway_id = gateway;
    return create_route(context, in);
  }
  Answer<op::AssociateRouteTable> associate(const std::string& table, const std::string& subnet) {
    op::AssociateRouteTable::Input in;
    in.route_table_id = table;
    in.subnet_id = subnet;
    return associate_route_table(context, in);
  }
  Answer<op::DeleteVpc> remove_vpc() {
    op::DeleteVpc::Input in;
    in.vpc_id = vpc;
    return delete_vpc(context, in);
  }
  Answer<op::DeleteSubnet> remove_subnet(const std::string& id) {
    op::DeleteSubnet::Input in;
    in.subnet_id = id;
    return delete_subnet(context, in);
  }
  Answer<op::CreateNatGateway> nat(const std::string& subnet, const std::string& address) {
    op::CreateNatGateway::Input in;
    in.subnet_id = subnet;
    in.allocation_id = address;
    return create_nat_gateway(context, in);
  }
  std::string address() {
    return *allocate_address(context, {})->allocation_id;
  }

  std::string vpc;
};

template <class Answered>
std::string error_of(const Answered& answer) {
  return answer ? "" : answer.error().code;
}

}  // namespace

TEST_CASE("Cidr_IsCanonicalContainsAndOverlaps") {
  CHECK(Cidr::parse("10.0.1.7/24")->text() == "10.0.1.0/24");
  CHECK(Cidr::parse("10.0.0.0/16")->contains(*Cidr::parse("10.0.255.0/24")));
  CHECK(!Cidr::parse("10.0.0.0/24")->contains(*Cidr::parse("10.0.0.0/16")));
  CHECK(Cidr::parse("10.0.0.0/24")->overlaps(*Cidr::parse("10.0.0.0/16")));
  CHECK(!Cidr::parse("10.0.0.0/24")->overlaps(*Cidr::parse("10.0.1.0/24")));
  for (const char* bad : {"", "10.0.0.0", "10.0.0/8", "10.0.0.256/8", "10.0.0.0/33", "10.0.0.0/x"}) CHECK(!Cidr::parse(bad));
}

TEST_CASE("Vpc_BringsItsRouteTableGroupAndAcl_AndTakesThemAlong") {
  NetworkWorld world;
  const auto of_vpc = [&](const auto& entry) { return entry.second.vpc_id == world.vpc; };
  CHECK(std::ranges::count_if(world.state.route_tables.all(), of_vpc) == 1);
  CHECK(std::ranges::count_if(world.state.security_groups.all(), of_vpc) == 1);
  CHECK(describe_network_acls(world.context, {})->network_acls->size() == 2);
  REQUIRE(world.remove_vpc());
  CHECK(std::ranges::count_if(world.state.route_tables.all(), of_vpc) == 0);
  CHECK(std::ranges::count_if(world.state.security_groups.all(), of_vpc) == 0);
  CHECK(error_of(world.remove_vpc()) == "InvalidVpcID.NotFound");
}

TEST_CASE("Vpc_IsBetween16And28Bits") {
  NetworkWorld world;
  CHECK(error_of(world.make_vpc("10.0.0.0/8")) == "InvalidVpc.Range");
  CHECK(error_of(world.make_vpc("10.0.0.0/29")) == "InvalidVpc.Range");
  CHECK(error_of(world.make_vpc("ten")) == "InvalidParameterValue");
  CHECK(error_of(world.make_vpc("10.1.0.0/28")) == "");
}

TEST_CASE("Vpc_WithSubnetsGatewaysOrTablesIsNotDeleted") {
  NetworkWorld world;
  const std::string subnet = world.subnet();
  CHECK(error_of(world.remove_vpc()) == "DependencyViolation");
  REQUIRE(world.remove_subnet(subnet));
  const std::string gateway = world.gateway();
  CHECK(error_of(world.remove_vpc()) == "DependencyViolation");
  op::DetachInternetGateway::Input detach;
  detach.internet_gateway_id = gateway;
  detach.vpc_id = world.vpc;
  REQUIRE(detach_internet_gateway(world.context, detach));
  const std::string table = world.table();
  CHECK(error_of(world.remove_vpc()) == "DependencyViolation");
  op::DeleteRouteTable::Input gone;
  gone.route_table_id = table;
  REQUIRE(delete_route_table(world.context, gone));
  CHECK(world.remove_vpc());
}

TEST_CASE("Subnet_LiesInItsVpcApartFromOthersAndInAZoneThatExists") {
  NetworkWorld world;
  REQUIRE(world.make_subnet("10.0.0.0/24"));
  CHECK(error_of(world.make_subnet("10.0.0.128/25")) == "InvalidSubnet.Conflict");
  CHECK(error_of(world.make_subnet("10.1.0.0/24")) == "InvalidSubnet.Range");
  CHECK(error_of(world.make_subnet("10.0.1.0/24", "eu-west-1a")) == "InvalidParameterValue");
  CHECK(world.make_subnet("10.0.1.0/24", "us-east-1b"));
}

TEST_CASE("Subnet_WithInstancesOrBalancersIsNotDeleted") {
  NetworkWorld world;
  const std::string subnet = world.subnet();
  world.state.instances.put({.id = "i-1", .subnet_id = subnet, .vpc_id = world.vpc});
  CHECK(error_of(world.remove_subnet(subnet)) == "DependencyViolation");
  world.state.instances.update("i-1", [](auto& one) { one.state = "terminated"; });
  world.state.load_balancers.put({.arn = "lb", .vpc_id = world.vpc, .subnets = {subnet}});
  CHECK(error_of(world.remove_subnet(subnet)) == "DependencyViolation");
  world.state.load_balancers.erase("lb");
  CHECK(world.remove_subnet(subnet));
}

TEST_CASE("Route_LeadsToAGatewayOfItsVpc_ADestinationOnce") {
  NetworkWorld world;
  const std::string table = world.table(), gateway = world.gateway(), loose = world.gateway(false);
  CHECK(error_of(world.route(table, "igw-1")) == "InvalidGatewayID.NotFound");
  CHECK(error_of(world.route(table, loose)) == "InvalidParameterValue");
  CHECK(error_of(world.route(table, gateway, "all")) == "InvalidParameterValue");
  REQUIRE(world.route(table, gateway));
  CHECK(world.route(table, gateway));  // asked again
  op::DeleteRoute::Input gone;
  gone.route_table_id = table;
  gone.destination_cidr_block = "10.0.0.0/16";
  CHECK(error_of(delete_route(world.context, gone)) == "InvalidParameterValue");  // the local one
  gone.destination_cidr_block = "0.0.0.0/0";
  CHECK(delete_route(world.context, gone));
  CHECK(error_of(delete_route(world.context, gone)) == "InvalidRoute.NotFound");
}

TEST_CASE("RouteTable_IsAssociatedOnceASubnet_AndThenNotDeleted") {
  NetworkWorld world;
  const std::string table = world.table(), other = world.table(), subnet = world.subnet();
  const auto made = world.associate(table, subnet);
  REQUIRE(made);
  CHECK(*world.associate(table, subnet)->association_id == *made->association_id);
  CHECK(error_of(world.associate(other, subnet)) == "Resource.AlreadyAssociated");
  op::DeleteRouteTable::Input gone;
  gone.route_table_id = table;
  CHECK(error_of(delete_route_table(world.context, gone)) == "DependencyViolation");
  op::DisassociateRouteTable::Input off;
  off.association_id = *made->association_id;
  REQUIRE(disassociate_route_table(world.context, off));
  CHECK(error_of(disassociate_route_table(world.context, off)) == "InvalidAssociationID.NotFound");
  CHECK(delete_route_table(world.context, gone));
}

TEST_CASE("NatGateway_NeedsAFreeAddressAndAnInternetGateway_ItsDeletionFreesTheAddress") {
  NetworkWorld world;
  const std::string subnet = world.subnet(), address = world.address();
  CHECK(error_of(world.nat(subnet, address)) == "Gateway.NotAttached");
  world.gateway();
  CHECK(error_of(world.nat(subnet, "eipalloc-1")) == "InvalidAllocationID.NotFound");
  const auto made = world.nat(subnet, address);
  REQUIRE(made);
  CHECK(*made->nat_gateway->state == "pending");
  CHECK(!world.nat(subnet, address));
  op::ReleaseAddress::Input release;
  release.allocation_id = address;
  CHECK(!release_address(world.context, release));
  op::DeleteNatGateway::Input gone;
  gone.nat_gateway_id = *made->nat_gateway->nat_gateway_id;
  REQUIRE(delete_nat_gateway(world.context, gone));
  op::DescribeNatGateways::Input in;
  in.nat_gateway_ids = std::vector<std::string>{*gone.nat_gateway_id};
  CHECK(*describe_nat_gateways(world.context, in)->nat_gateways->front().state == "deleted");
  CHECK(release_address(world.context, release));
  CHECK(world.remove_subnet(subnet));
}

TEST_CASE("InternetGateway_AttachesToOneVpcThatHasNone") {
  NetworkWorld world;
  const std::string gateway = world.gateway(), second = world.gateway(false);
  op::AttachInternetGateway::Input in;
  in.internet_gateway_id = gateway;
  in.vpc_id = world.vpc;
  CHECK(error_of(attach_internet_gateway(world.context, in)) == "Resource.AlreadyAssociated");
  in.internet_gateway_id = second;
  CHECK(!attach_internet_gateway(world.context, in));
  op::DeleteInternetGateway::Input gone;
  gone.internet_gateway_id = gateway;
  CHECK(error_of(delete_internet_gateway(world.context, gone)) == "DependencyViolation");
  gone.internet_gateway_id = second;
  CHECK(delete_internet_gateway(world.context, gone));
}

TEST_CASE("VpcAttributes_AreChangedOneAtATime") {
  NetworkWorld world;
  op::ModifyVpcAttribute::Input in;
  in.vpc_id = world.vpc;
  in.enable_dns_hostnames.emplace().value = true;
  REQUIRE(modify_vpc_attribute(world.context, in));
  in.enable_dns_support.emplace().value = false;
  CHECK(error_of(modify_vpc_attribute(world.context, in)) == "InvalidParameterCombination");
  op::DescribeVpcAttribute::Input asked;
  asked.vpc_id = world.vpc;
  asked.attribute = "enableDnsHostnames";
  CHECK(*describe_vpc_attribute(world.context, asked)->enable_dns_hostnames->value);
}

TEST_CASE("SecurityGroupRule_IsChangedByItsId_NotIntoOneThatExists") {
  NetworkWorld world;
  op::CreateSecurityGroup::Input make;
  make.group_name = "web";
  make.description = "test";
  make.vpc_id = world.vpc;
  const std::string group = *create_security_group(world.context, make)->group_id;
  const auto open = [&](int port) {
    op::AuthorizeSecurityGroupIngress::Input in;
    in.group_id = group;
    auto& permission = in.ip_permissions.emplace().emplace_back();
    permission.ip_protocol = "tcp";
    permission.from_port = permission.to_port = port;
    permission.ip_ranges.emplace().emplace_back().cidr_ip = "0.0.0.0/0";
    return *authorize_security_group_ingress(world.context, in)->security_group_rules->front().security_group_rule_id;
  };
  const std::string rule = open(80);
  open(81);
  op::ModifySecurityGroupRules::Input in;
  in.group_id = group;
  auto& change = in.security_group_rules.emplace().emplace_back();
  change.security_group_rule_id = rule;
  auto& wanted = change.security_group_rule.emplace();
  wanted.ip_protocol = "tcp";
  wanted.from_port = wanted.to_port = 81;
  wanted.cidr_ipv4 = "0.0.0.0/0";
  CHECK(error_of(modify_security_group_rules(world.context, in)) == "InvalidPermission.Duplicate");
  wanted.from_port = wanted.to_port = 8080;
  REQUIRE(modify_security_group_rules(world.context, in));
  op::DescribeSecurityGroupRules::Input asked;
  asked.security_group_rule_ids = std::vector<std::string>{rule};
  CHECK(*describe_security_group_rules(world.context, asked)->security_group_rules->front().from_port == 8080);
}

}  // namespace services::ec2

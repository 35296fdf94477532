#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/ec2/default_network.h"
#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/launch_data.h"

namespace services::ec2 {
namespace {

const std::string kImage = "ami-0a1ec5202610aa202";
const std::string kUserData = "IyEvYmluL2Jhc2gKZWNobyBFQ1NfQ0xVU1RFUj13ZWIgPj4gL2V0Yy9lY3MvZWNzLmNvbmZpZwo=";

/// An engine's state with the default network, and every handler's context.
struct Ec2World : services::ContextFixture {
  Ec2World() { seed_default_network(context); }

  std::string vpc() const { return state.vpcs.all().begin()->first; }
  std::string default_group() const {
    for (const auto& [id, group] : state.security_groups.all()) {
      if (group.name == "default") return id;
    }
    return "";
  }
  std::string group(const std::string& name) {
    return *create_security_group(context, {.description = "test", .group_name = name})->group_id;
  }
  Answer<op::CreateLaunchTemplate> make_template(const std::string& name, api::ec2::RequestLaunchTemplateData data) {
    op::CreateLaunchTemplate::Input in;
    in.launch_template_name = name;
    in.launch_template_data = std::move(data);
    return create_launch_template(context, in);
  }
  op::RunInstances::Input run(int count = 1) const {
    op::RunInstances::Input in;
    in.image_id = kImage;
    in.instance_type = "t2.micro";
    in.min_count = count;
    in.max_count = count;
    return in;
  }
  static api::ec2::IpPermission http() {
    api::ec2::IpPermission permission;
    permission.ip_protocol = "tcp";
    permission.from_port = 80;
    permission.to_port = 80;
    permission.ip_ranges.emplace().push_back({.cidr_ip = "0.0.0.0/0"});
    return permission;
  }
};

template <class Answered>
std::string error_of(const Answered& answer) {
  return answer ? "" : answer.error().code;
}

Filters filter(const std::string& name, std::vector<std::string> values) {
  return std::vector<api::ec2::Filter>{{.name = name, .values = std::move(values)}};
}

}  // namespace

TEST_CASE("DefaultNetwork_IsMadeOnce_AVpcThreeSubnetsAndItsGroup") {
  Ec2World world;
  seed_default_network(world.context);
  const auto vpcs = describe_vpcs(world.context, {.filters = filter("is-default", {"true"})});
  REQUIRE(vpcs->vpcs->size() == 1);
  CHECK(vpcs->vpcs->front().cidr_block == "172.31.0.0/16");
  const auto subnets = describe_subnets(world.context, {.filters = filter("vpc-id", {world.vpc()})});
  REQUIRE(subnets->subnets->size() == 3);
  std::set<std::string> zones, cidrs;
  for (const auto& subnet : *subnets->subnets) {
    zones.insert(*subnet.availability_zone);
    cidrs.insert(*subnet.cidr_block);
    CHECK(subnet.available_ip_address_count == 4091);
  }
  CHECK(zones == std::set<std::string>{"us-east-1a", "us-east-1b", "us-east-1c"});
  CHECK(cidrs == std::set<std::string>{"172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"});
  const auto groups = describe_security_groups(world.context, {.group_names = std::vector<std::string>{"default"}});
  REQUIRE(groups->security_groups->size() == 1);
  const auto& group = groups->security_groups->front();
  CHECK(group.ip_permissions->front().user_id_group_pairs->front().group_id == group.group_id);
  CHECK(group.ip_permissions_egress->front().ip_ranges->front().cidr_ip == "0.0.0.0/0");
}

TEST_CASE("Filters_AreAndedTheirValuesOredWildcardsWorkUnknownNamesAreRefused") {
  Ec2World world;
  const auto count = [&](Filters filters) { return describe_subnets(world.context, {.filters = filters})->subnets->size(); };
  CHECK(count(filter("availability-zone", {"us-east-1a", "us-east-1c"})) == 2);
  CHECK(count(filter("availability-zone", {"*-1?"})) == 3);
  CHECK(count(filter("tag:Name", {"x"})) == 0);
  CHECK(error_of(describe_subnets(world.context, {.filters = filter("colour", {"red"})})) == "InvalidParameterValue");
  CHECK(error_of(describe_subnets(world.context, {.subnet_ids = std::vector<std::string>{"subnet-1"}})) ==
        "InvalidSubnetID.NotFound");
}

TEST_CASE("SecurityGroup_RulesComeAndGo_TwiceAndUnknownAreRefused") {
  Ec2World world;
  const std::string id = world.group("web");
  op::AuthorizeSecurityGroupIngress::Input in;
  in.group_id = id;
  in.ip_permissions = std::vector{Ec2World::http()};
  const auto made = authorize_security_group_ingress(world.context, in);
  REQUIRE(made);
  CHECK(made->security_group_rules->front().cidr_ipv4 == "0.0.0.0/0");
  CHECK(error_of(authorize_security_group_ingress(world.context, in)) == "InvalidPermission.Duplicate");
  const auto rules = describe_security_group_rules(world.context, {.filters = filter("group-id", {id})});
  CHECK(rules->security_group_rules->size() == 2);
  op::RevokeSecurityGroupIngress::Input out;
  out.group_id = id;
  out.ip_permissions = in.ip_permissions;
  CHECK(revoke_security_group_ingress(world.context, out));
  CHECK(error_of(revoke_security_group_ingress(world.context, out)) == "InvalidPermission.NotFound");
  const auto shown = describe_security_groups(world.context, {.group_ids = std::vector{id}});
  CHECK(shown->security_groups->front().ip_permissions->empty());
}

TEST_CASE("SecurityGroupRule_IsRefusedIfItCouldLetNothingThrough") {
  struct Row {
    const char *protocol, *cidr, *cidr_ipv6, *prefix_list, *group_name;
    const char* code;
  };
  constexpr const char *kMalformed = "InvalidParameterValue", *kNone = nullptr;
  constexpr Row kRows[] = {
      {"tcp", "127.0.0.0/ 8", kNone, kNone, kNone, kMalformed},
      {"tcp", "127.0.0.0/+8", kNone, kNone, kNone, kMalformed},
      {"tcp", " 127.0.0.0/8", kNone, kNone, kNone, kMalformed},
      {"tcp", "127.0.0.0/33", kNone, kNone, kNone, kMalformed},
      {"tcp", "127.0.0.0", kNone, kNone, kNone, kMalformed},
      {"tcp", kNone, "garbage", kNone, kNone, kMalformed},
      {"tcp", kNone, "::/129", kNone, kNone, kMalformed},
      {"tcp", kNone, "::/0", kNone, kNone, ""},
      {"tcp", kNone, kNone, "pl-nothere", kNone, "InvalidPrefixListID.NotFound"},
      {"tcp", kNone, kNone, kNone, "nobody", "InvalidGroup.NotFound"},
      {"tcp", kNone, kNone, kNone, "peer", ""},
      {"foo", "0.0.0.0/0", kNone, kNone, kNone, kMalformed},
      {"256", "0.0.0.0/0", kNone, kNone, kNone, kMalformed},
      {"-2", "0.0.0.0/0", kNone, kNone, kNone, kMalformed},
      {"50", "0.0.0.0/0", kNone, kNone, kNone, ""},
      {"ICMPV6", kNone, "::/0", kNone, kNone, ""},
  };
  Ec2World world;
  const std::string peer = world.group("peer");
  op::AuthorizeSecurityGroupIngress::Input in;
  in.group_id = world.group("web");
  for (const Row& row : kRows) {
    api::ec2::IpPermission permission;
    permission.ip_protocol = row.protocol;
    permission.from_port = permission.to_port = 80;
    if (row.cidr) permission.ip_ranges.emplace().push_back({.cidr_ip = row.cidr});
    if (row.cidr_ipv6) permission.ipv6_ranges.emplace().push_back({.cidr_ipv6 = row.cidr_ipv6});
    if (row.prefix_list) permission.prefix_list_ids.emplace().push_back({.prefix_list_id = row.prefix_list});
    if (row.group_name) permission.user_id_group_pairs.emplace().emplace_back().group_name = row.group_name;
    in.ip_permissions = std::vector{permission};
    INFO(row.protocol, " ", row.cidr ? row.cidr : "", row.cidr_ipv6 ? row.cidr_ipv6 : "",
         row.group_name ? row.group_name : "");
    const auto made = authorize_security_group_ingress(world.context, in);
    CHECK(error_of(made) == row.code);
    if (made && row.group_name) CHECK(made->security_group_rules->front().referenced_group_info->group_id == peer);
  }
}

TEST_CASE("SecurityGroupRule_BlocksAreKeptInOneForm_SoThatTwoFormsAreOneRule") {
  Ec2World world;
  op::AuthorizeSecurityGroupIngress::Input in;
  in.group_id = world.group("web");
  auto& permission = in.ip_permissions.emplace().emplace_back(Ec2World::http());
  permission.ip_ranges->front().cidr_ip = "10.1.2.3/8";
  CHECK(authorize_security_group_ingress(world.context, in)->security_group_rules->front().cidr_ipv4 == "10.0.0.0/8");
  permission.ip_ranges->front().cidr_ip = "10.0.0.0/8";
  CHECK(error_of(authorize_security_group_ingress(world.context, in)) == "InvalidPermission.Duplicate");
  permission.ip_ranges.reset();
  permission.ipv6_ranges.emplace().push_back({.cidr_ipv6 = "2001:DB8:0:0::7/33"});
  CHECK(authorize_security_group_ingress(world.context, in)->security_group_rules->front().cidr_ipv6 == "2001:db8::/33");
}

TEST_CASE("SecurityGroup_DescriptionsAreOfAFewCharacters") {
  Ec2World world;
  const auto make = [&](const std::string& description) {
    return error_of(create_security_group(world.context, {.description = description, .group_name = "web"}));
  };
  CHECK(make("") == "MissingParameter");
  CHECK(make("Company B's network") == "InvalidParameterValue");
  CHECK(make("a <-> b") == "InvalidParameterValue");
  CHECK(make(std::string(256, 'a')) == "InvalidParameterValue");
  CHECK(make("Managed by Terraform, [x]: {1}+=&;!$*@#()/._-") == "");
  op::AuthorizeSecurityGroupIngress::Input in;
  in.group_name = "web";
  in.ip_permissions = std::vector{Ec2World::http()};
  in.ip_permissions->front().ip_ranges->front().description = "everybody's";
  CHECK(error_of(authorize_security_group_ingress(world.context, in)) == "InvalidParameterValue");
}

TEST_CASE("SecurityGroup_WhatDecidesIsWhatIsShown_AlsoInAnOlderState") {
  Ec2World world;
  op::AuthorizeSecurityGroupIngress::Input in;
  in.group_id = world.group("web");
  in.ip_permissions = std::vector{Ec2World::http()};
  REQUIRE(authorize_security_group_ingress(world.context, in));
  const auto rules = [&] { return world.state.security_groups.find(*in.group_id)->rules; };
  REQUIRE(rules().size() == 2);
  CHECK(rules()[0].egress);
  CHECK(rules()[0].protocol == "-1");
  CHECK(rules()[1].cidr == "0.0.0.0/0");
  CHECK(rules()[1].to_port == 80);
  world.state.security_groups.update(*in.group_id, [](model::SecurityGroup& group) { group.rules.clear(); });
  seed_default_network(world.context);
  CHECK(rules().size() == 2);
}

TEST_CASE("SecurityGroup_InUseOrDefaultIsNotDeleted") {
  Ec2World world;
  const std::string id = world.group("web");
  auto in = world.run();
  in.security_group_ids = std::vector{id};
  const auto ran = run_instances(world.context, in);
  REQUIRE(ran);
  CHECK(error_of(delete_security_group(world.context, {.group_id = id})) == "DependencyViolation");
  CHECK(error_of(delete_security_group(world.context, {.group_id = world.default_group()})) == "CannotDelete");
  world.state.instances.update(*ran->instances->front().instance_id, [](auto& one) { one.state = "terminated"; });
  CHECK(delete_security_group(world.context, {.group_id = id}));
  CHECK(error_of(delete_security_group(world.context, {.group_id = "sg-1"})) == "InvalidGroupId.Malformed");
}

TEST_CASE("LaunchTemplate_EchoesItsData_ANewVersionTakesTheSourcesMembers") {
  Ec2World world;
  api::ec2::RequestLaunchTemplateData data;
  data.image_id = kImage;
  data.instance_type = "t2.micro";
  data.user_data = kUserData;
  data.security_group_ids = std::vector{world.default_group()};
  const auto made = world.make_template("nodes", data);
  REQUIRE(made);
  CHECK(made->launch_template->latest_version_number == 1);
  CHECK(error_of(world.make_template("nodes", data)) == "InvalidLaunchTemplateName.AlreadyExistsException");

  op::CreateLaunchTemplateVersion::Input next;
  next.launch_template_name = "nodes";
  next.source_version = "1";
  next.launch_template_data.emplace().instance_type = "t3.small";
  const auto second = create_launch_template_version(world.context, next);
  REQUIRE(second);
  CHECK(second->launch_template_version->version_number == 2);
  CHECK(second->launch_template_version->default_version == false);
  CHECK(second->launch_template_version->launch_template_data->instance_type == "t3.small");
  CHECK(second->launch_template_version->launch_template_data->user_data == kUserData);
  CHECK(second->launch_template_version->launch_template_data->security_group_ids == std::vector{world.default_group()});

  const auto described = describe_launch_template_versions(
      world.context, {.launch_template_name = "nodes", .versions = std::vector<std::string>{"$Latest", "$Default"}});
  REQUIRE(described->launch_template_versions->size() == 2);
  CHECK(described->launch_template_versions->front().version_number == 2);
  CHECK(error_of(describe_launch_template_versions(
            world.context, {.launch_template_name = "nodes", .versions = std::vector<std::string>{"7"}})) ==
        "InvalidLaunchTemplateId.VersionNotFound");
  CHECK(modify_launch_template(world.context, {.launch_template_name = "nodes", .default_version = "2"})
            ->launch_template->default_version_number == 2);
  CHECK(delete_launch_template(world.context, {.launch_template_name = "nodes"}));
  CHECK(error_of(delete_launch_template(world.context, {.launch_template_name = "nodes"})) ==
        "InvalidLaunchTemplateName.NotFoundException");
}

TEST_CASE("RunInstances_TakesTheTemplate_AskedAgainAnswersTheSame") {
  Ec2World world;
  api::ec2::RequestLaunchTemplateData data;
  data.image_id = kImage;
  data.instance_type = "t3.small";
  data.user_data = kUserData;
  REQUIRE(world.make_template("nodes", data));
  op::RunInstances::Input in;
  in.min_count = 2;
  in.max_count = 2;
  in.client_token = "token";
  in.instance_type = "t2.micro";
  in.launch_template.emplace().launch_template_name = "nodes";
  in.tag_specifications.emplace().push_back(
      {.resource_type = "instance", .tags = std::vector<api::ec2::Tag>{{.key = "Name", .value = "node"}}});
  const auto ran = run_instances(world.context, in), again = run_instances(world.context, in);
  REQUIRE(ran);
  REQUIRE(again);
  CHECK(world.state.instances.size() == 2);
  CHECK(again->reservation_id == ran->reservation_id);
  const model::Instance& instance = world.state.instances.all().begin()->second;
  CHECK(instance.instance_type == "t2.micro");
  CHECK(instance.user_data == kUserData);
  CHECK(instance.address.starts_with("127."));
  CHECK(instance.address != world.state.instances.all().rbegin()->second.address);

  const auto named = describe_instances(world.context, {.filters = filter("tag:Name", {"no*"})});
  REQUIRE(named->reservations->size() == 1);
  CHECK(named->reservations->front().instances->size() == 2);
  const auto page = describe_instances(world.context, {.max_results = 1});
  CHECK(page->next_token);
}

TEST_CASE("ClientToken_AskedAgainAnswersTheSame_WithOtherParametersItIsRefused") {
  Ec2World world;
  op::CreateLaunchTemplate::Input made{.client_token = "t", .launch_template_name = "nodes"};
  made.launch_template_data.emplace().image_id = kImage;
  const std::string id = *create_launch_template(world.context, made)->launch_template->launch_template_id;
  op::CreateLaunchTemplateVersion::Input next{.client_token = "t", .launch_template_id = id};
  next.launch_template_data.emplace().instance_type = "t3.small";
  CHECK(create_launch_template_version(world.context, next)->launch_template_version->version_number == 2);
  CHECK(create_launch_template_version(world.context, next)->launch_template_version->version_number == 2);
  CHECK(*create_launch_template(world.context, made)->launch_template->launch_template_id == id);
  next.launch_template_data->instance_type = "t2.micro";
  CHECK(error_of(create_launch_template_version(world.context, next)) == "IdempotentParameterMismatch");
  next.client_token = "another";
  CHECK(create_launch_template_version(world.context, next)->launch_template_version->version_number == 3);
  made.version_description = "other";
  CHECK(error_of(create_launch_template(world.context, made)) == "IdempotentParameterMismatch");
  made.client_token = "another";
  CHECK(error_of(create_launch_template(world.context, made)) == "InvalidLaunchTemplateName.AlreadyExistsException");
  auto run = world.run();
  run.client_token = "t";
  const std::string reservation = *run_instances(world.context, run)->reservation_id;
  CHECK(*run_instances(world.context, run)->reservation_id == reservation);
  run.max_count = 2;
  CHECK(error_of(run_instances(world.context, run)) == "IdempotentParameterMismatch");
}

TEST_CASE("Instance_ShowsTheInterfaceThatDescribeNetworkInterfacesLists") {
  Ec2World world;
  const std::string id = *run_instances(world.context, world.run())->instances->front().instance_id;
  world.state.instances.update(id, [](auto& one) { one.state = "running"; });
  const auto listed = describe_network_interfaces(world.context, {.filters = filter("attachment.instance-id", {id})});
  REQUIRE(listed->network_interfaces->size() == 1);
  const auto& one = listed->network_interfaces->front();
  const auto shown = [&] { return describe_instances(world.context, {})->reservations->front().instances->front(); };
  const auto instance = shown();
  REQUIRE(instance.network_interfaces->size() == 1);
  const auto& own = instance.network_interfaces->front();
  CHECK(own.network_interface_id == one.network_interface_id);
  CHECK(own.attachment->attachment_id == one.attachment->attachment_id);
  CHECK(own.attachment->device_index == 0);
  CHECK(own.groups->front().group_id == instance.security_groups->front().group_id);
  CHECK(own.private_ip_addresses->front().private_ip_address == instance.private_ip_address);
  CHECK(own.association->public_ip == instance.public_ip_address);
  CHECK(one.association->public_ip == instance.public_ip_address);
  world.state.instances.update(id, [](auto& gone) { gone.state = "terminated"; });
  CHECK(shown().network_interfaces->empty());
}

TEST_CASE("Filters_OfWhatAnInstanceShowsFindIt_DocumentedOnesWithoutDataFindNothing") {
  Ec2World world;
  const auto ran = run_instances(world.context, world.run());
  const std::string id = *ran->instances->front().instance_id, address = *ran->instances->front().private_ip_address;
  const auto found = [&](const char* name, const std::string& value) {
    const auto shown = describe_instances(world.context, {.filters = filter(name, {value})});
    REQUIRE(shown);
    return shown->reservations->size();
  };
  const std::string interface = *ran->instances->front().network_interfaces->front().network_interface_id;
  const std::pair<const char*, std::string> kFinds[] = {
      {"network-interface.addresses.private-ip-address", address},
      {"network-interface.network-interface-id", interface},
      {"network-interface.attachment.instance-id", id},
      {"network-interface.group-name", "default"},
      {"metadata-options.http-tokens", "optional"},
      {"availability-zone-id", "use1-az1"},
      {"hypervisor", "xen"},
      {"virtualization-type", "hvm"},
      {"source-dest-check", "true"}};
  for (const auto& [name, value] : kFinds) {
    CAPTURE(name);
    CHECK(found(name, value) == 1);
    CHECK(found(name, "other") == 0);
  }
  for (const char* name : {"block-device-mapping.volume-id", "network-interface.outpost-arn", "platform", "host-id"}) {
    CAPTURE(name);
    CHECK(found(name, "*") == 0);
  }
  CHECK(error_of(describe_instances(world.context, {.filters = filter("network-interface.nothing", {"x"})})) ==
        "InvalidParameterValue");
  world.state.instances.update(id, [](auto& gone) { gone.state = "terminated"; });
  CHECK(found("network-interface.subnet-id", "*") == 0);
}

TEST_CASE("Filters_OfGroupsAndNetworksKnowWhatIsShown") {
  Ec2World world;
  op::AuthorizeSecurityGroupIngress::Input in;
  in.group_id = world.group("web");
  auto permission = Ec2World::http();
  permission.ip_ranges.reset();
  permission.ipv6_ranges.emplace().push_back({.cidr_ipv6 = "::/0"});
  permission.user_id_group_pairs.emplace().emplace_back().group_id = world.default_group();
  in.ip_permissions = std::vector{permission};
  REQUIRE(authorize_security_group_ingress(world.context, in));
  const auto groups = [&](const char* name, const std::string& value) {
    const auto shown = describe_security_groups(world.context, {.filters = filter(name, {value})});
    REQUIRE(shown);
    return shown->security_groups->size();
  };
  CHECK(groups("ip-permission.ipv6-cidr", "::/0") == 1);
  CHECK(groups("egress.ip-permission.ipv6-cidr", "::/0") == 0);
  CHECK(groups("ip-permission.group-name", "default") == 2);  // and the default one, of itself
  CHECK(groups("ip-permission.prefix-list-id", "*") == 0);
  const auto subnet = describe_subnets(world.context, {})->subnets->front();
  CHECK(describe_subnets(world.context, {.filters = filter("subnet-arn", {*subnet.subnet_arn})})->subnets->size() == 1);
  CHECK(describe_subnets(world.context, {.filters = filter("available-ip-address-count", {"4091"})})->subnets->size() == 3);
  CHECK(describe_vpcs(world.context, {.filters = filter("cidr-block-association.state", {"associated"})})->vpcs->size() == 1);
  CHECK(describe_network_acls(world.context, {.filters = filter("entry.rule-action", {"deny"})})->network_acls->size() == 1);
  CHECK(describe_network_acls(world.context, {.filters = filter("entry.icmp.code", {"*"})})->network_acls->empty());
  const auto tables = [&](const char* name, const char* value) {
    return describe_route_tables(world.context, {.filters = filter(name, {value})})->route_tables->size();
  };
  CHECK(tables("route.state", "active") == 1);
  CHECK(tables("route.state", "blackhole") == 0);
  CHECK(tables("route.origin", "CreateRouteTable") == 1);
  api::ec2::RequestLaunchTemplateData data;
  data.metadata_options.emplace().http_tokens = "required";
  REQUIRE(world.make_template("nodes", data));
  const auto versions = [&](const char* name, const char* value) {
    op::DescribeLaunchTemplateVersions::Input asked;
    asked.launch_template_name = "nodes";
    asked.filters = filter(name, {value});
    return describe_launch_template_versions(world.context, asked)->launch_template_versions->size();
  };
  CHECK(versions("http-tokens", "required") == 1);
  CHECK(versions("http-protocol-ipv4", "*") == 0);
}

TEST_CASE("DryRun_OfADescribeShowsNothing") {
  Ec2World world;
  CHECK(error_of(describe_vpcs(world.context, {.dry_run = true})) == "DryRunOperation");
  CHECK(error_of(describe_instances(world.context, {.dry_run = true})) == "DryRunOperation");
}

TEST_CASE("InstanceTypes_SayWhatTheirNetworkDisksAndPlacementAre") {
  Ec2World world;
  const auto types = describe_instance_types(world.context, {});
  REQUIRE(types);
  for (const auto& type : *types->instance_types) {
    CAPTURE(*type.instance_type);
    REQUIRE(type.network_info);
    CHECK(type.network_info->network_cards->size() == 1);
    CHECK(type.ebs_info->encryption_support == "supported");
    CHECK_FALSE(type.placement_group_info->supported_strategies->empty());
  }
  const auto one = describe_instance_types(world.context, {.instance_types = std::vector<std::string>{"m5.large"}});
  const auto& m5 = one->instance_types->front();
  CHECK(m5.network_info->maximum_network_interfaces == 3);
  CHECK(m5.network_info->ipv4_addresses_per_interface == 10);
  CHECK(m5.network_info->ena_support == "required");
  CHECK(m5.ebs_info->nvme_support == "required");
  CHECK(m5.placement_group_info->supported_strategies->front() == "cluster");
}

TEST_CASE("InstanceAttributes_AreWhatTheLaunchSaidOrEc2sDefaults") {
  Ec2World world;
  auto in = world.run();
  in.user_data = kUserData;
  const std::string id = *run_instances(world.context, in)->instances->front().instance_id;
  const auto attribute = [&](const std::string& name) {
    return *describe_instance_attribute(world.context, {.instance_id = id, .attribute = name});
  };
  CHECK(attribute("userData").user_data->value == kUserData);
  CHECK_FALSE(attribute("userData").disable_api_stop);
  CHECK(attribute("instanceInitiatedShutdownBehavior").instance_initiated_shutdown_behavior->value == "stop");
  CHECK(attribute("disableApiTermination").disable_api_termination->value == false);
  CHECK(attribute("disableApiStop").disable_api_stop->value == false);
  CHECK(attribute("sourceDestCheck").source_dest_check->value == true);
  CHECK(attribute("instanceType").instance_type->value == "t2.micro");
  CHECK(attribute("kernel").kernel_id);
  CHECK(error_of(describe_instance_attribute(world.context, {.instance_id = "i-0", .attribute = "userData"})) ==
        error_of(describe_instances(world.context, {.instance_ids = std::vector<std::string>{"i-0"}})));
  const auto credits = describe_instance_credit_specifications(world.context, {.instance_ids = std::vector{id}});
  REQUIRE(credits->instance_credit_specifications->size() == 1);
  CHECK(credits->instance_credit_specifications->front().cpu_credits == "standard");
}

TEST_CASE("ProtectionOfAnInstance_MayBeSwitchedOffAndNotOn") {
  Ec2World world;
  const std::string id = *run_instances(world.context, world.run())->instances->front().instance_id;
  op::ModifyInstanceAttribute::Input in;
  in.instance_id = id;
  in.disable_api_termination.emplace().value = false;
  CHECK(modify_instance_attribute(world.context, in));
  in.disable_api_termination->value = true;
  CHECK(error_of(modify_instance_attribute(world.context, in)) == "UnsupportedOperation");
  in.disable_api_termination.reset();
  in.instance_type.emplace().value = "t2.small";
  CHECK(error_of(modify_instance_attribute(world.context, in)) == "UnsupportedOperation");
}

TEST_CASE("RunInstances_RefusesTypesItDoesNotOffer") {
  Ec2World world;
  auto in = world.run();
  in.instance_type = "x1.32xlarge";
  const auto refused = run_instances(world.context, in);
  CHECK(error_of(refused) == "InvalidParameterValue");
  CHECK(refused.error().message.find("t2.micro") != std::string::npos);
  op::CreateLaunchTemplate::Input made{.launch_template_name = "nodes"};
  made.launch_template_data.emplace().instance_type = "t2.micor";
  CHECK(create_launch_template(world.context, made).error().message == "Invalid value 't2.micor' for InstanceType. " + offered_instance_types());
  const auto described = describe_instance_types(world.context, {.instance_types = std::vector<std::string>{"x1.32xlarge"}});
  CHECK(error_of(described) == "InvalidInstanceType");
  CHECK(described.error().message.find("t2.micro") != std::string::npos);
  in = world.run();
  in.dry_run = true;
  CHECK(error_of(run_instances(world.context, in)) == "DryRunOperation");
}

TEST_CASE("TerminateInstances_StartsTheShutdown_TheEngineEndsIt") {
  Ec2World world;
  const std::string id = *run_instances(world.context, world.run())->instances->front().instance_id;
  const auto change = terminate_instances(world.context, {.instance_ids = std::vector{id}});
  REQUIRE(change);
  CHECK(change->terminating_instances->front().previous_state->name == "pending");
  CHECK(change->terminating_instances->front().current_state->code == 32);
  CHECK(world.state.instances.find(id)->state == "shutting-down");
  CHECK(error_of(terminate_instances(world.context, {.instance_ids = std::vector<std::string>{"i-0123456789abcdef0"}})) ==
        "InvalidInstanceID.NotFound");
}

TEST_CASE("Tags_AreSetReplacedAndTakenAway_ReservedKeysAreRefused") {
  Ec2World world;
  const auto set = [&](const std::string& key, const std::string& value) {
    return create_tags(world.context, {.resources = std::vector{world.vpc()},
                                       .tags = std::vector<api::ec2::Tag>{{.key = key, .value = value}}});
  };
  REQUIRE(set("Name", "a"));
  REQUIRE(set("Name", "b"));
  CHECK(error_of(set("aws:x", "b")) == "InvalidParameterValue");
  CHECK(error_of(set(std::string(129, 'k'), "b")) == "InvalidParameterValue");
  CHECK(error_of(set("Name", std::string(257, 'v'))) == "InvalidParameterValue");
  std::string umlauts;
  for (int i = 0; i < 256; ++i) umlauts += "\u00fc";
  REQUIRE(set("Name", umlauts));
  REQUIRE(set("Name", "b"));
  const auto tags = describe_tags(world.context, {.filters = filter("resource-id", {world.vpc()})});
  REQUIRE(tags->tags->size() == 1);
  CHECK(tags->tags->front().value == "b");
  CHECK(tags->tags->front().resource_type == "vpc");
  REQUIRE(delete_tags(world.context, {.resources = std::vector{world.vpc()},
                                      .tags = std::vector<api::ec2::Tag>{{.key = "Name", .value = "other"}}}));
  CHECK(world.state.vpcs.find(world.vpc())->tags.size() == 1);
  REQUIRE(delete_tags(world.context, {.resources = std::vector{world.vpc()},
                                      .tags = std::vector<api::ec2::Tag>{{.key = "Name"}}}));
  CHECK(world.state.vpcs.find(world.vpc())->tags.empty());
}

TEST_CASE("Images_AreFoundByOwnerAndName") {
  Ec2World world;
  const auto found = describe_images(world.context, {.owners = std::vector<std::string>{"amazon"},
                                                     .filters = filter("name", {"amzn2-ami-ecs-hvm-*-x86_64-ebs"})});
  REQUIRE(found);
  CHECK(found->images->size() == 2);
  CHECK(error_of(describe_images(world.context, {.image_ids = std::vector<std::string>{"ami-1"}})) == "InvalidAMIID.NotFound");
}

}  // namespace services::ec2

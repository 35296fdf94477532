#include "services/ecs/network.h"

#include <fmt/format.h>

#include "services/network_names.h"

namespace services::ecs {

namespace {

constexpr std::size_t kMostSubnets = 16;
constexpr std::size_t kMostSecurityGroups = 5;

/// The VPC that all of them are in.
Result<std::string> vpc_of(const Context& context, const std::vector<std::string>& subnets) {
  std::string vpc;
  for (const std::string& id : subnets) {
    const model::Subnet* subnet = context.state.subnets.find(id);
    if (!subnet) {
      return fail("InvalidParameterException",
                  fmt::format("Error retrieving subnet information for [{0}]: The subnet ID '{1}' does not exist "
                              "(ErrorCode: InvalidSubnetID.NotFound)",
                              fmt::join(subnets, ", "), id));
    }
    if (!vpc.empty() && vpc != subnet->vpc_id) {
      return fail(
          "InvalidParameterException",
          fmt::format("The subnets [{}] are in more than one VPC. Give subnets of one VPC.", fmt::join(subnets, ", ")));
    }
    vpc = subnet->vpc_id;
  }
  return vpc;
}

Result<void> check_security_groups(const Context& context, const std::vector<std::string>& ids,
                                   const std::string& vpc) {
  for (const std::string& id : ids) {
    const model::SecurityGroup* group = context.state.security_groups.find(id);
    if (!group) {
      return fail(
          "InvalidParameterException",
          fmt::format("Error retrieving security group information for [{}]: The security group '{}' does not exist "
                      "(ErrorCode: InvalidGroup.NotFound)",
                      fmt::join(ids, ", "), id));
    }
    if (group->vpc_id != vpc) {
      return fail("InvalidParameterException",
                  fmt::format("Security group {} does not appear to belong to the same VPC as the input subnets.", id));
    }
  }
  return {};
}

}  // namespace

Result<model::NetworkConfiguration> read_network(const Context& context,
                                                 const std::optional<api::ecs::NetworkConfiguration>& given,
                                                 const model::TaskDefinition& definition, bool serverless) {
  model::NetworkConfiguration network;
  if (definition.network_mode != "awsvpc") {
    if (!given) return network;
    return fail("InvalidParameterException",
                "Network Configuration is not valid for the given networkMode of this task definition.");
  }
  if (!given) {
    return fail("InvalidParameterException",
                "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  const auto settings = given->awsvpc_configuration.value_or(api::ecs::AwsVpcConfiguration());
  network.subnets = settings.subnets.value_or(std::vector<std::string>());
  network.security_groups = settings.security_groups.value_or(std::vector<std::string>());
  network.public_address = settings.assign_public_ip.value_or("DISABLED") == "ENABLED";
  if (network.subnets.empty()) return fail("InvalidParameterException", "subnets can not be empty.");
  if (network.subnets.size() > kMostSubnets) {
    return fail("InvalidParameterException", "subnets can have at most 16 items.");
  }
  if (network.security_groups.size() > kMostSecurityGroups) {
    return fail("InvalidParameterException", "securityGroups can have at most 5 items.");
  }
  TRY(const std::string vpc, vpc_of(context, network.subnets));
  TRY_VOID(check_security_groups(context, network.security_groups, vpc));
  if (network.public_address && !serverless) {
    return fail("InvalidParameterException", kNoPublicAddress);
  }
  return network;
}

api::ecs::NetworkConfiguration render_network(const model::NetworkConfiguration& network) {
  api::ecs::NetworkConfiguration out;
  auto& settings = out.awsvpc_configuration.emplace();
  settings.subnets = network.subnets;
  settings.security_groups = network.security_groups;
  settings.assign_public_ip = network.public_address ? "ENABLED" : "DISABLED";
  return out;
}

control::Subnets subnets_of(const Context& context, const model::NetworkConfiguration& network) {
  control::Subnets found;
  for (const std::string& id : network.subnets) {
    if (const model::Subnet* subnet = context.state.subnets.find(id)) found.push_back(subnet);
  }
  return found;
}

api::ecs::Attachment render_interface(const Context& context, const model::Task& task) {
  const model::TaskInterface& own = *task.network_interface;
  const bool attached = task.last_status != "PROVISIONING";
  api::ecs::Attachment out;
  out.id = own.attachment_id;
  out.type = "ElasticNetworkInterface";
  out.status = task.stopped() ? "DELETED" : attached ? "ATTACHED" : "PRECREATED";
  auto& details = out.details.emplace();
  const auto add = [&](const char* name, std::string value) {
    details.push_back({.name = name, .value = std::move(value)});
  };
  add("subnetId", own.subnet_id);
  if (!attached) return out;
  add("networkInterfaceId", own.id);
  add("macAddress", hardware_address(own.id));
  add("privateDnsName", private_dns_name(context.account.region, own.address));
  add("privateIPv4Address", own.address);
  return out;
}

}  // namespace services::ecs

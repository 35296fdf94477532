#include <fmt/format.h>

#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/network_parts.h"
#include "services/ec2/tags.h"

namespace services::ec2 {
namespace {

Result<const model::InternetGateway*> find_internet_gateway(const Context& context, const std::string& id) {
  if (const auto* found = context.state.internet_gateways.find(id)) return found;
  return fail("InvalidInternetGatewayID.NotFound", fmt::format("The internetGateway ID '{}' does not exist", id));
}

api::ec2::InternetGateway show_internet_gateway(const Context& context, const model::InternetGateway& gateway) {
  api::ec2::InternetGateway shown;
  shown.internet_gateway_id = gateway.id;
  shown.owner_id = context.account.id;
  auto& attachments = shown.attachments.emplace();
  if (!gateway.vpc_id.empty()) attachments.push_back({.state = "available", .vpc_id = gateway.vpc_id});
  shown.tags = show_tags(gateway.tags);
  return shown;
}

std::vector<Fact> facts_of_gateway(const Context& context, const model::InternetGateway& gateway) {
  const bool attached = !gateway.vpc_id.empty();
  return {{"internet-gateway-id", {gateway.id}},
          {"owner-id", {context.account.id}},
          {"attachment.vpc-id", attached ? std::vector{gateway.vpc_id} : std::vector<std::string>()},
          {"attachment.state", attached ? std::vector<std::string>{"available"} : std::vector<std::string>()}};
}

}  // namespace

Answer<op::CreateInternetGateway> create_internet_gateway(Context& context, const op::CreateInternetGateway::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  model::InternetGateway gateway;
  TRY(gateway.tags, read_tags(in.tag_specifications, "internet-gateway"));
  gateway.id = "igw-" + context.random.hex(17);
  op::CreateInternetGateway::Output out;
  out.internet_gateway = show_internet_gateway(context, gateway);
  context.state.internet_gateways.put(std::move(gateway));
  return out;
}

Answer<op::DescribeInternetGateways> describe_internet_gateways(Context& context,
                                                                const op::DescribeInternetGateways::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  op::DescribeInternetGateways::Output out;
  auto& shown = out.internet_gateways.emplace();
  TRY(out.next_token,
      describe(
          context.state.internet_gateways,
          {in.internet_gateway_ids, in.filters, in.next_token, in.max_results, "InvalidInternetGatewayID.NotFound",
           "The internetGateway ID '{}' does not exist"},
          [&](const model::InternetGateway& gateway) { return facts_of_gateway(context, gateway); },
          [&](const model::InternetGateway& gateway) { shown.push_back(show_internet_gateway(context, gateway)); }));
  return out;
}

Answer<op::AttachInternetGateway> attach_internet_gateway(Context& context, const op::AttachInternetGateway::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::InternetGateway* gateway, find_internet_gateway(context, *in.internet_gateway_id));
  TRY(const model::Vpc* vpc, find_vpc(context, *in.vpc_id));
  if (!gateway->vpc_id.empty()) {
    return fail("Resource.AlreadyAssociated",
                fmt::format("resource {} is already attached to network {}", gateway->id, gateway->vpc_id));
  }
  if (gateway_of(context, vpc->id)) {
    return fail("InvalidParameterValue", fmt::format("Network {} already has an internet gateway attached", vpc->id));
  }
  context.state.internet_gateways.update(*in.internet_gateway_id,
                                         [&](model::InternetGateway& record) { record.vpc_id = *in.vpc_id; });
  return {};
}

Answer<op::DetachInternetGateway> detach_internet_gateway(Context& context, const op::DetachInternetGateway::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::InternetGateway* gateway, find_internet_gateway(context, *in.internet_gateway_id));
  if (gateway->vpc_id != *in.vpc_id) {
    return fail("Gateway.NotAttached", fmt::format("resource {} is not attached to network {}", gateway->id, *in.vpc_id));
  }
  if (has_public_addresses(context, *in.vpc_id)) {
    return fail("DependencyViolation", fmt::format("Network {} has some mapped public address(es). Please unmap those public "
                                                   "address(es) before detaching the gateway.",
                                                   *in.vpc_id));
  }
  context.state.internet_gateways.update(*in.internet_gateway_id, [](model::InternetGateway& record) { record.vpc_id.clear(); });
  return {};
}

Answer<op::DeleteInternetGateway> delete_internet_gateway(Context& context, const op::DeleteInternetGateway::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::InternetGateway* gateway, find_internet_gateway(context, *in.internet_gateway_id));
  if (!gateway->vpc_id.empty()) {
    return fail("DependencyViolation",
                fmt::format("The internetGateway '{}' has dependencies and cannot be deleted.", gateway->id));
  }
  context.state.internet_gateways.erase(*in.internet_gateway_id);
  return {};
}

}  // namespace services::ec2

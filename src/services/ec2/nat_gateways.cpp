#include <fmt/format.h>

#include "services/ec2/addresses.h"
#include "services/ec2/cidr.h"
#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/network_parts.h"
#include "services/ec2/tags.h"

namespace services::ec2 {
namespace {

constexpr Duration kShownAfterDeletion = hours(1);

api::ec2::NatGateway show_nat_gateway(const Context& context, const model::NatGateway& nat) {
  api::ec2::NatGateway shown;
  shown.nat_gateway_id = nat.id;
  shown.vpc_id = nat.vpc_id;
  shown.subnet_id = nat.subnet_id;
  shown.state = nat.state;
  shown.connectivity_type = nat.connectivity;
  shown.create_time = api::Timestamp{to_ms(nat.created_at)};
  if (nat.deleted_at) shown.delete_time = api::Timestamp{to_ms(*nat.deleted_at)};
  auto& address = shown.nat_gateway_addresses.emplace().emplace_back();
  address.network_interface_id = nat.interface_id;
  address.private_ip = nat.private_address;
  address.is_primary = true;
  address.status = "succeeded";
  if (!nat.allocation_id.empty()) {
    address.allocation_id = nat.allocation_id;
    if (const auto* elastic = context.state.elastic_addresses.find(nat.allocation_id)) {
      address.public_ip = elastic->address;
      if (!elastic->association_id.empty()) address.association_id = elastic->association_id;
    }
  }
  shown.tags = show_tags(nat.tags);
  return shown;
}

void forget_deleted(Context& context) {
  std::vector<std::string> gone;
  for (const auto& [id, nat] : context.state.nat_gateways.all()) {
    if (nat.deleted_at && *nat.deleted_at + kShownAfterDeletion < context.now) gone.push_back(id);
  }
  for (const std::string& id : gone) context.state.nat_gateways.erase(id);
}

/// The first address of the subnet that no other NAT gateway has.
std::string free_private_address(const Context& context, const model::Subnet& subnet) {
  constexpr std::uint32_t kFirst = 4;  // AWS keeps those before
  std::uint32_t offset = kFirst;
  for (const auto& [id, nat] : context.state.nat_gateways.all()) offset += nat.subnet_id == subnet.id ? 1 : 0;
  const auto block = Cidr::parse(subnet.cidr);
  return block ? block->address(offset) : "";
}

}  // namespace

Answer<op::CreateNatGateway> create_nat_gateway(Context& context, const op::CreateNatGateway::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  forget_deleted(context);
  if (in.client_token) {  // asked again: the same answer
    for (const auto& [id, nat] : context.state.nat_gateways.all()) {
      if (nat.client_token != *in.client_token) continue;
      op::CreateNatGateway::Output again;
      again.nat_gateway = show_nat_gateway(context, nat);
      again.client_token = in.client_token;
      return again;
    }
  }
  if (in.availability_mode.value_or("zonal") != "zonal" || (in.secondary_allocation_ids && !in.secondary_allocation_ids->empty()) ||
      in.secondary_private_ip_address_count || in.private_ip_address) {
    return fail("UnsupportedOperation", "This engine serves zonal NAT gateways with one address of its choice.");
  }
  if (!in.subnet_id) return fail("MissingParameter", "The request must contain the parameter SubnetId");
  TRY(const model::Subnet* subnet, find_subnet(context, *in.subnet_id));
  model::NatGateway nat;
  nat.connectivity = in.connectivity_type.value_or("public");
  const bool is_public = nat.connectivity == "public";
  if (is_public && !in.allocation_id) {
    return fail("MissingParameter", "The request must contain the parameter AllocationId");
  }
  if (is_public) {
    TRY_VOID(find_free_address(context, *in.allocation_id));
    if (!gateway_of(context, subnet->vpc_id)) {
      return fail("Gateway.NotAttached", fmt::format("Network {} has no Internet gateway attached", subnet->vpc_id));
    }
    nat.allocation_id = *in.allocation_id;
  }
  TRY(nat.tags, read_tags(in.tag_specifications, "natgateway"));
  nat.id = "nat-" + context.random.hex(17);
  nat.vpc_id = subnet->vpc_id;
  nat.subnet_id = subnet->id;
  nat.interface_id = sibling_id("eni-", nat.id);
  nat.private_address = free_private_address(context, *subnet);
  nat.client_token = in.client_token.value_or("");
  nat.created_at = context.now;
  context.state.elastic_addresses.update(nat.allocation_id, [&](model::ElasticAddress& record) {
    record.association_id = "eipassoc-" + context.random.hex(17);
    record.interface_id = nat.interface_id;
    record.private_address = nat.private_address;
  });
  op::CreateNatGateway::Output out;
  out.nat_gateway = show_nat_gateway(context, nat);
  out.nat_gateway->state = "pending";
  out.client_token = in.client_token;
  context.state.nat_gateways.put(std::move(nat));
  return out;
}

Answer<op::DescribeNatGateways> describe_nat_gateways(Context& context, const op::DescribeNatGateways::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  op::DescribeNatGateways::Output out;
  auto& shown = out.nat_gateways.emplace();
  TRY(out.next_token, describe(
                          context.state.nat_gateways,
                          {in.nat_gateway_ids, in.filter, in.next_token, in.max_results, "NatGatewayNotFound",
                           "The Nat Gateway {} was not found"},
                          [&](const model::NatGateway& nat) {
                            return std::vector<Fact>{{"nat-gateway-id", {nat.id}},
                                                     {"vpc-id", {nat.vpc_id}},
                                                     {"subnet-id", {nat.subnet_id}},
                                                     {"state", {nat.state}},
                                                     {"connectivity-type", {nat.connectivity}}};
                          },
                          [&](const model::NatGateway& nat) { shown.push_back(show_nat_gateway(context, nat)); }));
  return out;
}

Answer<op::DeleteNatGateway> delete_nat_gateway(Context& context, const op::DeleteNatGateway::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  const model::NatGateway* nat = context.state.nat_gateways.find(*in.nat_gateway_id);
  if (!nat || nat->state == "deleted") {
    return fail("NatGatewayNotFound", fmt::format("The Nat Gateway {} was not found", *in.nat_gateway_id));
  }
  if (!nat->allocation_id.empty()) free_address(context, nat->allocation_id);
  context.state.nat_gateways.update(*in.nat_gateway_id, [&](model::NatGateway& record) {
    record.state = "deleted";
    record.deleted_at = context.now;
  });
  op::DeleteNatGateway::Output out;
  out.nat_gateway_id = in.nat_gateway_id;
  return out;
}

}  // namespace services::ec2

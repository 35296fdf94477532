#include "services/ec2/addresses.h"

#include <fmt/format.h>

#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/lookup.h"
#include "services/ec2/network_parts.h"
#include "services/ec2/tags.h"

namespace services::ec2 {
namespace {

/// Of the block that is reserved for examples (RFC 5737): nothing answers there, and nothing of somebody else's does.
Result<std::string> next_public_address(const Context& context) {
  constexpr int kMostAddresses = 5, kLast = 254;
  std::set<std::string> used;
  for (const auto& [id, one] : context.state.elastic_addresses.all()) used.insert(one.address);
  if (used.size() >= kMostAddresses) {
    return fail("AddressLimitExceeded", "The maximum number of addresses has been reached.");
  }
  for (int last = 1; last <= kLast; ++last) {
    std::string address = fmt::format("203.0.113.{}", last);
    if (!used.contains(address)) return address;
  }
  return fail("InsufficientAddressCapacity", "Not enough available addresses to satisfy your request.");
}

api::ec2::Address show_address(const Context& context, const model::ElasticAddress& address) {
  api::ec2::Address shown;
  shown.allocation_id = address.id;
  shown.public_ip = address.address;
  shown.domain = "vpc";
  shown.public_ipv4_pool = "amazon";
  shown.network_border_group = context.account.region;
  if (!address.association_id.empty()) {
    shown.association_id = address.association_id;
    shown.network_interface_id = address.interface_id;
    shown.network_interface_owner_id = context.account.id;
    shown.private_ip_address = address.private_address;
    if (!address.instance_id.empty()) shown.instance_id = address.instance_id;
  }
  shown.tags = show_tags(address.tags);
  return shown;
}

std::vector<Fact> facts_of_address(const Context& context, const model::ElasticAddress& address) {
  const auto one = [](const std::string& value) {
    return value.empty() ? std::vector<std::string>() : std::vector<std::string>{value};
  };
  return {{"allocation-id", {address.id}},
          {"public-ip", {address.address}},
          {"domain", {"vpc"}},
          {"association-id", one(address.association_id)},
          {"instance-id", one(address.instance_id)},
          {"network-interface-id", one(address.interface_id)},
          {"network-interface-owner-id", address.interface_id.empty() ? one("") : one(context.account.id)},
          {"private-ip-address", one(address.private_address)},
          {"network-border-group", {context.account.region}}};
}

}  // namespace

Result<const model::ElasticAddress*> find_address(const Context& context, const std::string& allocation_id) {
  if (const auto* found = context.state.elastic_addresses.find(allocation_id)) return found;
  return fail("InvalidAllocationID.NotFound", fmt::format("The allocation ID '{}' does not exist", allocation_id));
}

Result<const model::ElasticAddress*> find_free_address(const Context& context, const std::string& allocation_id) {
  TRY(const model::ElasticAddress* address, find_address(context, allocation_id));
  if (address->association_id.empty()) return address;
  return fail("Resource.AlreadyAssociated", fmt::format("Elastic IP address [{}] is already associated", allocation_id));
}

void free_address(Context& context, const std::string& allocation_id) {
  context.state.elastic_addresses.update(allocation_id, [](model::ElasticAddress& record) {
    record.association_id.clear();
    record.instance_id.clear();
    record.interface_id.clear();
    record.private_address.clear();
  });
}

Answer<op::AllocateAddress> allocate_address(Context& context, const op::AllocateAddress::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  if (in.domain && *in.domain != "vpc") return fail("InvalidParameterValue", "Addresses are allocated with domain vpc only.");
  if (in.address || in.ipam_pool_id || in.customer_owned_ipv4_pool) {
    return fail("UnsupportedOperation", "This engine does not serve address pools.");
  }
  model::ElasticAddress address;
  TRY(address.tags, read_tags(in.tag_specifications, "elastic-ip"));
  TRY(address.address, next_public_address(context));
  address.id = "eipalloc-" + context.random.hex(17);
  op::AllocateAddress::Output out;
  out.allocation_id = address.id;
  out.public_ip = address.address;
  out.public_ipv4_pool = "amazon";
  out.network_border_group = context.account.region;
  out.domain = "vpc";
  context.state.elastic_addresses.put(std::move(address));
  return out;
}

Answer<op::DescribeAddresses> describe_addresses(Context& context, const op::DescribeAddresses::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  op::DescribeAddresses::Output out;
  auto& shown = out.addresses.emplace();
  std::optional<std::vector<std::string>> ids = in.allocation_ids;
  for (const std::string& ip : in.public_ips.value_or(std::vector<std::string>())) {
    if (!ids) ids.emplace();
    const std::size_t before = ids->size();
    for (const auto& [id, address] : context.state.elastic_addresses.all()) {
      if (address.address == ip) ids->push_back(id);
    }
    if (ids->size() == before) return fail("InvalidAddress.NotFound", fmt::format("Address '{}' not found.", ip));
  }
  TRY_VOID(describe(
      context.state.elastic_addresses,
      {ids, in.filters, std::nullopt, std::nullopt, "InvalidAllocationID.NotFound", "The allocation ID '{}' does not exist"},
      [&](const model::ElasticAddress& address) { return facts_of_address(context, address); },
      [&](const model::ElasticAddress& address) { shown.push_back(show_address(context, address)); }));
  return out;
}

/// No address has a reverse name here.
Answer<op::DescribeAddressesAttribute> describe_addresses_attribute(Context& context,
                                                                    const op::DescribeAddressesAttribute::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  op::DescribeAddressesAttribute::Output out;
  auto& shown = out.addresses.emplace();
  for (const std::string& id : in.allocation_ids.value_or(std::vector<std::string>())) {
    TRY(const model::ElasticAddress* address, find_address(context, id));
    shown.push_back({.public_ip = address->address, .allocation_id = address->id});
  }
  return out;
}

Answer<op::AssociateAddress> associate_address(Context& context, const op::AssociateAddress::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  if (!in.allocation_id || !in.instance_id) {
    return fail("UnsupportedOperation", "This engine associates addresses with instances, by allocation id and instance id.");
  }
  if (in.allow_reassociation.value_or(false)) {
    TRY_VOID(find_address(context, *in.allocation_id));
  } else {
    TRY_VOID(find_free_address(context, *in.allocation_id));
  }
  TRY(const model::Instance* instance, find_instance(context, *in.instance_id));
  op::AssociateAddress::Output out;
  out.association_id = "eipassoc-" + context.random.hex(17);
  context.state.elastic_addresses.update(*in.allocation_id, [&](model::ElasticAddress& record) {
    record.association_id = *out.association_id;
    record.instance_id = instance->id;
    record.interface_id = sibling_id("eni-", instance->id);
    record.private_address = instance->address;
  });
  return out;
}

Answer<op::DisassociateAddress> disassociate_address(Context& context, const op::DisassociateAddress::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  for (const auto& [id, address] : context.state.elastic_addresses.all()) {
    if (!in.association_id || address.association_id != *in.association_id) continue;
    if (address.instance_id.empty()) {
      return fail("AuthFailure", "You do not have permission to access the specified resource.");  // a NAT gateway's
    }
    free_address(context, std::string(id));
    return {};
  }
  return fail("InvalidAssociationID.NotFound",
              fmt::format("The association ID '{}' does not exist", in.association_id.value_or("")));
}

Answer<op::ReleaseAddress> release_address(Context& context, const op::ReleaseAddress::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  if (!in.allocation_id) return fail("MissingParameter", "The request must contain the parameter AllocationId");
  TRY(const model::ElasticAddress* address, find_address(context, *in.allocation_id));
  if (!address->association_id.empty()) {
    return fail("InvalidIPAddress.InUse", fmt::format("Address {} is in use.", address->address));
  }
  context.state.elastic_addresses.erase(*in.allocation_id);
  return {};
}

}  // namespace services::ec2

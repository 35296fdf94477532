// Route tables and which subnets use them.
#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/network_parts.h"
#include "services/ec2/routes.h"
#include "services/ec2/tags.h"

namespace services::ec2 {
namespace {

api::ec2::RouteTable show_route_table(const Context& context, const model::RouteTable& table) {
  api::ec2::RouteTable shown;
  shown.route_table_id = table.id;
  shown.vpc_id = table.vpc_id;
  shown.owner_id = context.account.id;
  shown.propagating_vgws.emplace();
  auto& routes = shown.routes.emplace();
  for (const model::Route& route : table.routes) routes.push_back(show_route(context, route));
  auto& associations = shown.associations.emplace();
  for (const model::RouteAssociation& one : table.associations) {
    auto& association = associations.emplace_back();
    association.main = one.main;
    association.route_table_association_id = one.id;
    association.route_table_id = table.id;
    if (!one.subnet.empty()) association.subnet_id = one.subnet;
    if (!one.gateway.empty()) association.gateway_id = one.gateway;
    association.association_state.emplace().state = "associated";
  }
  shown.tags = show_tags(table.tags);
  return shown;
}

std::vector<Fact> facts_of_route_table(const Context& context, const model::RouteTable& table) {
  std::vector<std::string> ids, subnets, gateways, mains, destinations, targets, nats, states, origins;
  for (const auto& one : table.associations) {
    ids.push_back(one.id);
    if (!one.subnet.empty()) subnets.push_back(one.subnet);
    if (!one.gateway.empty()) gateways.push_back(one.gateway);
    mains.push_back(one.main ? "true" : "false");
  }
  for (const auto& route : table.routes) {
    destinations.push_back(route.destination);
    if (!route.gateway.empty()) targets.push_back(route.gateway);
    if (!route.nat_gateway.empty()) nats.push_back(route.nat_gateway);
    const auto shown = show_route(context, route);
    states.push_back(shown.state.value_or(""));
    origins.push_back(shown.origin.value_or(""));
  }
  std::vector<Fact> facts = {{"route-table-id", {table.id}},
                             {"vpc-id", {table.vpc_id}},
                             {"owner-id", {context.account.id}},
                             {"association.main", mains},
                             {"association.route-table-association-id", ids},
                             {"association.route-table-id",
                              ids.empty() ? std::vector<std::string>() : std::vector<std::string>{table.id}},
                             {"association.subnet-id", subnets},
                             {"association.gateway-id", gateways},
                             {"route.destination-cidr-block", destinations},
                             {"route.gateway-id", targets},
                             {"route.nat-gateway-id", nats},
                             {"route.state", states},
                             {"route.origin", origins}};
  add_without_values(facts, {"route.destination-ipv6-cidr-block", "route.destination-prefix-list-id",
                             "route.egress-only-internet-gateway-id", "route.instance-id", "route.transit-gateway-id",
                             "route.vpc-peering-connection-id"});
  return facts;
}

struct FoundAssociation {
  const model::RouteTable* table = nullptr;
  const model::RouteAssociation* association = nullptr;
};
Result<FoundAssociation> find_association(const Context& context, const std::string& id) {
  for (const auto& [key, table] : context.state.route_tables.all()) {
    for (const auto& one : table.associations) {
      if (one.id == id) return FoundAssociation{&table, &one};
    }
  }
  return fail("InvalidAssociationID.NotFound", fmt::format("The association ID '{}' does not exist", id));
}

}  // namespace

Result<const model::RouteTable*> find_route_table(const Context& context, const std::string& id) {
  if (const auto* found = context.state.route_tables.find(id)) return found;
  return fail("InvalidRouteTableID.NotFound", fmt::format("The routeTable ID '{}' does not exist", id));
}

Answer<op::CreateRouteTable> create_route_table(Context& context, const op::CreateRouteTable::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::Vpc* vpc, find_vpc(context, *in.vpc_id));
  model::RouteTable table;
  table.vpc_id = vpc->id;
  table.routes.push_back({.destination = vpc->cidr, .gateway = "local"});
  TRY(table.tags, read_tags(in.tag_specifications, "route-table"));
  table.id = "rtb-" + context.random.hex(17);
  op::CreateRouteTable::Output out;
  out.route_table = show_route_table(context, table);
  context.state.route_tables.put(std::move(table));
  return out;
}

Answer<op::DescribeRouteTables> describe_route_tables(Context& context, const op::DescribeRouteTables::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  op::DescribeRouteTables::Output out;
  auto& shown = out.route_tables.emplace();
  TRY(out.next_token, describe(
                          context.state.route_tables,
                          {in.route_table_ids, in.filters, in.next_token, in.max_results, "InvalidRouteTableID.NotFound",
                           "The routeTable ID '{}' does not exist"},
                          [&](const model::RouteTable& table) { return facts_of_route_table(context, table); },
                          [&](const model::RouteTable& table) { shown.push_back(show_route_table(context, table)); }));
  return out;
}

Answer<op::DeleteRouteTable> delete_route_table(Context& context, const op::DeleteRouteTable::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::RouteTable* table, find_route_table(context, *in.route_table_id));
  if (!table->associations.empty()) {
    return fail("DependencyViolation",
                fmt::format("The routeTable '{}' has dependencies and cannot be deleted.", *in.route_table_id));
  }
  context.state.route_tables.erase(*in.route_table_id);
  return {};
}

Answer<op::AssociateRouteTable> associate_route_table(Context& context, const op::AssociateRouteTable::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::RouteTable* table, find_route_table(context, *in.route_table_id));
  if (!in.subnet_id) return fail("UnsupportedOperation", "This engine associates route tables with subnets only.");
  TRY(const model::Subnet* subnet, find_subnet(context, *in.subnet_id));
  if (subnet->vpc_id != table->vpc_id) {
    return fail("InvalidParameterValue",
                fmt::format("Route table {} and subnet {} belong to different networks", table->id, subnet->id));
  }
  op::AssociateRouteTable::Output out;
  out.association_state.emplace().state = "associated";
  for (const auto& [id, other] : context.state.route_tables.all()) {
    const auto present = std::ranges::find(other.associations, subnet->id, &model::RouteAssociation::subnet);
    if (present == other.associations.end()) continue;
    if (id == table->id) {
      out.association_id = present->id;
      return out;
    }
    return fail("Resource.AlreadyAssociated",
                fmt::format("the specified association for route table {} conflicts with an existing association", table->id));
  }
  out.association_id = "rtbassoc-" + context.random.hex(17);
  context.state.route_tables.update(*in.route_table_id, [&](model::RouteTable& record) {
    record.associations.push_back({.id = *out.association_id, .subnet = *in.subnet_id});
  });
  return out;
}

Answer<op::DisassociateRouteTable> disassociate_route_table(Context& context, const op::DisassociateRouteTable::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const FoundAssociation found, find_association(context, *in.association_id));
  if (found.association->main) {
    return fail("InvalidParameterValue", fmt::format("cannot disassociate the main route table association {}", *in.association_id));
  }
  context.state.route_tables.update(std::string(found.table->id), [&](model::RouteTable& record) {
    std::erase_if(record.associations, [&](const auto& one) { return one.id == *in.association_id; });
  });
  return {};
}

Answer<op::ReplaceRouteTableAssociation> replace_route_table_association(Context& context,
                                                                         const op::ReplaceRouteTableAssociation::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const FoundAssociation found, find_association(context, *in.association_id));
  TRY(const model::RouteTable* table, find_route_table(context, *in.route_table_id));
  if (found.table->vpc_id != table->vpc_id) {
    return fail("InvalidParameterValue",
                fmt::format("Route table {} and {} belong to different networks", table->id, *in.association_id));
  }
  model::RouteAssociation moved = *found.association;
  moved.id = "rtbassoc-" + context.random.hex(17);
  op::ReplaceRouteTableAssociation::Output out;
  out.new_association_id = moved.id;
  out.association_state.emplace().state = "associated";
  context.state.route_tables.update(std::string(found.table->id), [&](model::RouteTable& record) {
    std::erase_if(record.associations, [&](const auto& one) { return one.id == *in.association_id; });
  });
  context.state.route_tables.update(*in.route_table_id,
                                    [&](model::RouteTable& record) { record.associations.push_back(std::move(moved)); });
  return out;
}

}  // namespace services::ec2

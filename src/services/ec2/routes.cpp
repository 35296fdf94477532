#include "services/ec2/routes.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/cidr.h"
#include "services/ec2/handlers.h"
#include "services/ec2/network_parts.h"

namespace services::ec2 {
namespace {

/// The route that a request means in this table; its target must be of the table's VPC.
template <class Input>
Result<model::Route> read_route(const Context& context, const model::RouteTable& table, const Input& in) {
  if (in.destination_ipv6_cidr_block || in.destination_prefix_list_id) {
    return fail("UnsupportedOperation", "This engine does not serve IPv6 and prefix lists as destinations.");
  }
  const auto block = in.destination_cidr_block ? Cidr::parse(*in.destination_cidr_block) : std::nullopt;
  if (!block) {
    return fail("InvalidParameterValue", fmt::format("Value ({}) for parameter destinationCidrBlock is invalid. This is not a "
                                                     "valid CIDR block.",
                                                     in.destination_cidr_block.value_or("")));
  }
  model::Route route{.destination = block->text()};
  if (in.gateway_id) {
    const auto* gateway = context.state.internet_gateways.find(*in.gateway_id);
    if (!gateway) return fail("InvalidGatewayID.NotFound", fmt::format("The gateway ID '{}' does not exist", *in.gateway_id));
    if (gateway->vpc_id != table.vpc_id) {
      return fail("InvalidParameterValue", fmt::format("route table {} and network gateway {} belong to different networks",
                                                       table.id, gateway->id));
    }
    route.gateway = gateway->id;
    return route;
  }
  if (in.nat_gateway_id) {
    const auto* nat = context.state.nat_gateways.find(*in.nat_gateway_id);
    if (!nat || nat->state == "deleted") {
      return fail("InvalidNatGatewayID.NotFound", fmt::format("The natGateway ID '{}' does not exist", *in.nat_gateway_id));
    }
    if (nat->vpc_id != table.vpc_id) {
      return fail("InvalidParameterValue",
                  fmt::format("route table {} and NAT gateway {} belong to different networks", table.id, nat->id));
    }
    route.nat_gateway = nat->id;
    return route;
  }
  return fail("UnsupportedOperation", "This engine routes to internet gateways and NAT gateways only.");
}

auto position_of(const model::RouteTable& table, const std::string& destination) {
  return std::ranges::find(table.routes, destination, &model::Route::destination);
}

tl::unexpected<Error> no_route(const model::RouteTable& table, const std::string& destination) {
  return fail("InvalidRoute.NotFound",
              fmt::format("no route with destination-cidr-block {} in route table {}", destination, table.id));
}

}  // namespace

api::ec2::Route show_route(const Context& context, const model::Route& route) {
  api::ec2::Route shown;
  shown.destination_cidr_block = route.destination;
  shown.origin = route.gateway == "local" ? "CreateRouteTable" : "CreateRoute";
  shown.state = "active";
  if (!route.gateway.empty()) {
    shown.gateway_id = route.gateway;
    const auto* gateway = context.state.internet_gateways.find(route.gateway);
    if (route.gateway != "local" && (!gateway || gateway->vpc_id.empty())) shown.state = "blackhole";
  }
  if (!route.nat_gateway.empty()) {
    shown.nat_gateway_id = route.nat_gateway;
    const auto* nat = context.state.nat_gateways.find(route.nat_gateway);
    if (!nat || nat->state == "deleted") shown.state = "blackhole";
  }
  return shown;
}

Answer<op::CreateRoute> create_route(Context& context, const op::CreateRoute::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::RouteTable* table, find_route_table(context, *in.route_table_id));
  TRY(model::Route route, read_route(context, *table, in));
  const auto present = position_of(*table, route.destination);
  op::CreateRoute::Output out;
  out.return_ = true;
  if (present != table->routes.end()) {
    if (present->gateway == route.gateway && present->nat_gateway == route.nat_gateway) return out;  // asked again
    return fail("RouteAlreadyExists", fmt::format("The route identified by {} already exists.", route.destination));
  }
  context.state.route_tables.update(*in.route_table_id,
                                    [&](model::RouteTable& record) { record.routes.push_back(std::move(route)); });
  return out;
}

Answer<op::ReplaceRoute> replace_route(Context& context, const op::ReplaceRoute::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::RouteTable* table, find_route_table(context, *in.route_table_id));
  TRY(const model::Route route, read_route(context, *table, in));
  if (position_of(*table, route.destination) == table->routes.end()) return no_route(*table, route.destination);
  context.state.route_tables.update(*in.route_table_id, [&](model::RouteTable& record) {
    std::ranges::replace_if(record.routes, [&](const auto& one) { return one.destination == route.destination; }, route);
  });
  return {};
}

Answer<op::DeleteRoute> delete_route(Context& context, const op::DeleteRoute::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::RouteTable* table, find_route_table(context, *in.route_table_id));
  const auto block = Cidr::parse(in.destination_cidr_block.value_or(""));
  const std::string destination = block ? block->text() : in.destination_cidr_block.value_or("");
  const auto found = position_of(*table, destination);
  if (found == table->routes.end()) return no_route(*table, destination);
  if (found->gateway == "local") {
    return fail("InvalidParameterValue", fmt::format("cannot remove local route {} in route table {}", destination, table->id));
  }
  context.state.route_tables.update(*in.route_table_id, [&](model::RouteTable& record) {
    std::erase_if(record.routes, [&](const auto& one) { return one.destination == destination; });
  });
  return {};
}

}  // namespace services::ec2

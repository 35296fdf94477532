// The routes of a route table. Called by route_tables.cpp and routes.cpp.
#pragma once

#include "api/ec2.h"
#include "services/context.h"

namespace services::ec2 {

/// A route whose target is gone is a black hole.
api::ec2::Route show_route(const Context& context, const model::Route& route);
Result<const model::RouteTable*> find_route_table(const Context& context, const std::string& id);

}  // namespace services::ec2

// The rules of a security group: how they are kept, made from a request, and shown as permissions. Called by this
// service's handlers. What they let through is control's to say (control/health/reach.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/ec2.h"
#include "services/context.h"

namespace services::ec2 {

using Rules = std::vector<api::ec2::SecurityGroupRule>;

Rules rules_of(const model::SecurityGroup& group);
/// Both as they are shown and as they decide.
void keep_rules(model::SecurityGroup& group, Rules rules);

/// The rules that a request's permissions mean in this group, without ids yet. InvalidParameterValue and the like.
Result<Rules> make_rules(const Context& context, const model::SecurityGroup& group, bool egress,
                         const std::vector<api::ec2::IpPermission>& permissions);
/// `of`: "rule", "security group"; both take the same characters.
Result<void> check_description(std::string_view of, const std::optional<std::string>& text);
/// The same peer, protocol and ports.
bool same_rule(const api::ec2::SecurityGroupRule& one, const api::ec2::SecurityGroupRule& other);
/// `peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW`
std::string rule_text(const api::ec2::SecurityGroupRule& rule);

/// Rules of one direction with the same protocol and ports are one permission.
std::vector<api::ec2::IpPermission> show_permissions(const Rules& rules, bool egress);

/// A new id and what every rule of the account shows.
void name_rule(Context& context, api::ec2::SecurityGroupRule& rule);
/// Everything out: what AWS gives each new group.
api::ec2::SecurityGroupRule allow_all_out(Context& context, const std::string& group_id);
/// A VPC's own: everything out, everything in from itself.
model::SecurityGroup default_security_group(Context& context, const std::string& vpc_id);

}  // namespace services::ec2

// Finds parameters by what clients name them with, and shows them. Called by this service's handlers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/ssm.h"
#include "services/context.h"

namespace services::ssm {

tl::unexpected<Error> no_parameter(const std::string& name);

/// By name or ARN, without a selector: one of one's own.
Result<const model::Parameter*> find_parameter(const Context& context, const std::string& name);

/// By name or ARN, with a selector (`name:3`) or without; public ones too.
Result<api::ssm::Parameter> read_parameter(const Context& context, const std::string& name, bool decrypt);

api::ssm::Parameter show_parameter(const Context& context, const model::Parameter& parameter,
                                   const model::ParameterVersion& version, bool decrypt);
/// A SecureString that is not decrypted is shown as a text that does not tell the value.
std::string shown_value(const model::ParameterVersion& version, bool decrypt);
std::string arn_of(const Context& context, const std::string& name);
/// "arn:aws:ssm:…:parameter/a/b" and "a" alike: the parameter's name.
std::string name_of(const Context& context, const std::string& name_or_arn);

/// Adds to or replaces in `tags`.
Result<void> set_tags(model::Tags& tags, const std::optional<std::vector<api::ssm::Tag>>& given);

}  // namespace services::ssm

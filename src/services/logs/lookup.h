// Finds a log group or stream, or answers AWS's error. Used by the handlers of this folder.
#pragma once

#include <optional>
#include <string>

#include "services/context.h"

namespace services::logs {

/// "arn:aws:logs:REGION:ACCOUNT:log-group:NAME"
std::string group_arn(const Context& context, const std::string& name);
/// The name in a log group's ARN (with or without ":*"), or the text itself.
std::string group_name(const std::string& name_or_arn);

Result<const model::LogGroup*> find_group(const Context& context, const std::string& name_or_arn);
/// By the name or the identifier of a request: exactly one of them.
Result<const model::LogGroup*> find_group(const Context& context, const std::optional<std::string>& name,
                                          const std::optional<std::string>& identifier);
Result<const model::LogStream*> find_stream(const Context& context, const std::string& group,
                                            const std::string& stream);

/// The oldest event that the group's retention still shows.
std::int64_t retained_since_ms(const Context& context, const model::LogGroup& group);

/// The patterns of the API's model for what is created, or InvalidParameterException.
Result<void> check_group_name(const std::string& name);
Result<void> check_stream_name(const std::string& name);

}  // namespace services::logs

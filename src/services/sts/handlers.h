// The handlers of STS. Used by actions.cpp and the tests.
#pragma once

#include "api/sts.h"
#include "services/context.h"

namespace services::sts {

namespace op = api::sts::op;

Result<op::GetCallerIdentity::Output> get_caller_identity(Context&, const op::GetCallerIdentity::Input&);
Result<op::AssumeRole::Output> assume_role(Context&, const op::AssumeRole::Input&);

}  // namespace services::sts

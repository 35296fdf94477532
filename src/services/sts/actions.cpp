#include "services/sts/actions.h"

#include "services/sts/handlers.h"

namespace services::sts {

namespace {
constexpr api::Route kStsRoutes[] = {
    api::route<op::AssumeRole, assume_role>(),
    api::route<op::GetCallerIdentity, get_caller_identity>(),
};
}  // namespace

std::span<const api::Route> routes() { return kStsRoutes; }

}  // namespace services::sts

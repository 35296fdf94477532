// Lifecycle policies (lifecycle.h expires by them) and repository policies, which are kept and echoed: no permission is
// checked by them.
#include <fmt/format.h>

#include "services/ecr/handlers.h"
#include "services/ecr/lifecycle.h"
#include "services/ecr/lookup.h"

namespace services::ecr {
namespace {

tl::unexpected<Error> no_lifecycle_policy(const Context& context, const std::string& name) {
  return fail("LifecyclePolicyNotFoundException",
              fmt::format("Lifecycle policy does not exist for the repository with name '{}' in the registry with id '{}'",
                          name, context.account.id));
}

tl::unexpected<Error> no_repository_policy(const Context& context, const std::string& name) {
  return fail("RepositoryPolicyNotFoundException",
              fmt::format("Repository policy does not exist for the repository with name '{}' in the registry with id '{}'",
                          name, context.account.id));
}

template <class Output>
Output policy_of(const Context& context, const std::string& name) {
  Output out;
  out.registry_id = context.account.id;
  out.repository_name = name;
  return out;
}

/// A JSON object; what is in it is the client's.
Result<void> check_policy(std::string_view text, const char* member) {
  const auto first = text.find_first_not_of(" \t\r\n"), last = text.find_last_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{' && text[last] == '}') return {};
  return fail("InvalidParameterException",
              fmt::format("Invalid parameter at '{}' failed to satisfy constraint: 'Invalid JSON syntax'", member));
}

}  // namespace

Answer<op::PutLifecyclePolicy> put_lifecycle_policy(Context& context, const op::PutLifecyclePolicy::Input& in) {
  TRY_VOID(find_repository(context, in.registry_id, *in.repository_name));
  TRY_VOID(parse_lifecycle_policy(*in.lifecycle_policy_text));
  context.state.repositories.update(*in.repository_name,
                                    [&](model::Repository& one) { one.lifecycle_policy = *in.lifecycle_policy_text; });
  auto out = policy_of<op::PutLifecyclePolicy::Output>(context, *in.repository_name);
  out.lifecycle_policy_text = in.lifecycle_policy_text;
  return out;
}

Answer<op::GetLifecyclePolicy> get_lifecycle_policy(Context& context, const op::GetLifecyclePolicy::Input& in) {
  TRY(const model::Repository* found, find_repository(context, in.registry_id, *in.repository_name));
  if (found->lifecycle_policy.empty()) return no_lifecycle_policy(context, found->name);
  auto out = policy_of<op::GetLifecyclePolicy::Output>(context, found->name);
  out.lifecycle_policy_text = found->lifecycle_policy;
  return out;
}

Answer<op::DeleteLifecyclePolicy> delete_lifecycle_policy(Context& context, const op::DeleteLifecyclePolicy::Input& in) {
  TRY(const model::Repository* found, find_repository(context, in.registry_id, *in.repository_name));
  if (found->lifecycle_policy.empty()) return no_lifecycle_policy(context, found->name);
  auto out = policy_of<op::DeleteLifecyclePolicy::Output>(context, found->name);
  out.lifecycle_policy_text = found->lifecycle_policy;
  context.state.repositories.update(*in.repository_name, [](model::Repository& one) { one.lifecycle_policy.clear(); });
  return out;
}

Answer<op::SetRepositoryPolicy> set_repository_policy(Context& context, const op::SetRepositoryPolicy::Input& in) {
  TRY_VOID(find_repository(context, in.registry_id, *in.repository_name));
  TRY_VOID(check_policy(*in.policy_text, "PolicyText"));
  context.state.repositories.update(*in.repository_name, [&](model::Repository& one) { one.policy = *in.policy_text; });
  auto out = policy_of<op::SetRepositoryPolicy::Output>(context, *in.repository_name);
  out.policy_text = in.policy_text;
  return out;
}

Answer<op::GetRepositoryPolicy> get_repository_policy(Context& context, const op::GetRepositoryPolicy::Input& in) {
  TRY(const model::Repository* found, find_repository(context, in.registry_id, *in.repository_name));
  if (found->policy.empty()) return no_repository_policy(context, found->name);
  auto out = policy_of<op::GetRepositoryPolicy::Output>(context, found->name);
  out.policy_text = found->policy;
  return out;
}

Answer<op::DeleteRepositoryPolicy> delete_repository_policy(Context& context,
                                                            const op::DeleteRepositoryPolicy::Input& in) {
  TRY(const model::Repository* found, find_repository(context, in.registry_id, *in.repository_name));
  if (found->policy.empty()) return no_repository_policy(context, found->name);
  auto out = policy_of<op::DeleteRepositoryPolicy::Output>(context, found->name);
  out.policy_text = found->policy;
  context.state.repositories.update(*in.repository_name, [](model::Repository& one) { one.policy.clear(); });
  return out;
}

}  // namespace services::ecr

// The account's own: one root user, no aliases.
#include <fmt/format.h>

#include "services/iam/handlers.h"

namespace services::iam {

Answer<op::GetUser> get_user(Context& context, const op::GetUser::Input& in) {
  if (in.user_name) {
    return fail("NoSuchEntity", fmt::format("The user with name {} cannot be found.", *in.user_name));
  }
  // Every caller is the account's root, as sts says too; AWS shows it without a name.
  op::GetUser::Output out;
  auto& user = out.user.emplace();
  user.path = "/";
  user.user_name = "root";
  user.user_id = context.account.id;
  user.arn = fmt::format("arn:aws:iam::{}:root", context.account.id);
  user.create_date = api::Timestamp{0};
  return out;
}

Answer<op::ListAccountAliases> list_account_aliases(Context&, const op::ListAccountAliases::Input&) {
  op::ListAccountAliases::Output out;
  out.account_aliases.emplace();
  out.is_truncated = false;
  return out;
}

}  // namespace services::iam

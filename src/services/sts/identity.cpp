#include <fmt/format.h>

#include <algorithm>

#include "services/sts/handlers.h"
#include "services/task_role.h"

namespace services::sts {

namespace {
std::string capitals(Random& random, std::size_t length) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";  // as in AWS's ids
  std::string text(length, 'A');
  for (char& letter : text) letter = kAlphabet[random.below(32)];
  return text;
}

/// Of the API's model: [\w+=,.@-]*, of session names and source identities alike.
Result<void> check_session_text(std::string_view member, const std::string& text) {
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_+=,.@-").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (std::ranges::all_of(text, allowed)) return {};
  return fail("ValidationError", fmt::format("1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: "
                                             "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
                                             text, member));
}
}  // namespace

/// A task with a role acts as it; every other caller is the account's root: the engine has no users of its own.
Result<op::GetCallerIdentity::Output> get_caller_identity(Context& context, const op::GetCallerIdentity::Input&) {
  op::GetCallerIdentity::Output out;
  if (const auto role = assumed_role_of(context.state, context.access_key)) {
    out.user_id = role->user_id;
    out.account = role->account;
    out.arn = role->arn;
    return out;
  }
  out.user_id = context.account.id;
  out.account = context.account.id;
  out.arn = fmt::format("arn:aws:iam::{}:root", context.account.id);
  return out;
}

/// Gives credentials for any role's ARN; what they may do is not limited.
Result<op::AssumeRole::Output> assume_role(Context& context, const op::AssumeRole::Input& in) {
  const auto arn = Arn::parse(*in.role_arn);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) {
    return fail("ValidationError", fmt::format("{} is invalid", *in.role_arn));
  }
  TRY_VOID(check_session_text("roleSessionName", *in.role_session_name));
  TRY_VOID(check_session_text("sourceIdentity", in.source_identity.value_or("")));
  const std::string role = arn->resource.substr(arn->resource.rfind('/') + 1);
  op::AssumeRole::Output out;
  api::sts::Credentials& credentials = out.credentials.emplace();
  credentials.access_key_id = "ASIA" + capitals(context.random, 16);
  credentials.secret_access_key = context.random.hex(40);
  credentials.session_token = context.random.hex(256);
  credentials.expiration = api::Timestamp{to_ms(context.now + seconds(in.duration_seconds.value_or(3600)))};
  api::sts::AssumedRoleUser& user = out.assumed_role_user.emplace();
  user.assumed_role_id = "AROA" + capitals(context.random, 17) + ":" + *in.role_session_name;
  user.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", arn->account, role, *in.role_session_name);
  out.source_identity = in.source_identity;
  return out;
}

}  // namespace services::sts

#include <doctest/doctest.h>

#include "services/sts/handlers.h"

namespace {
struct StsFixture {
  std::unique_ptr<state::Store> store = state::Store::in_memory();
  state::State state{*store};
  std::unique_ptr<state::LogStore> events = state::LogStore::in_memory();
  Random random{1};
  AddressPlan addresses{"test"};
  services::Context context{state, *events, random, addresses, Account{}, instant_from_ms(1'700'000'000'000), "", ""};
};
}  // namespace

TEST_CASE_FIXTURE(StsFixture, "sts names the account, and gives credentials for a role but not for rubbish") {
  api::sts::GetCallerIdentityRequest who;
  CHECK(services::sts::get_caller_identity(context, who)->arn == "arn:aws:iam::123456789012:root");
  api::sts::AssumeRoleRequest in;
  in.role_arn = "arn:aws:iam::123456789012:role/deploy";
  in.role_session_name = "ci";
  const auto out = services::sts::assume_role(context, in);
  REQUIRE(out);
  CHECK(out->assumed_role_user->arn == "arn:aws:sts::123456789012:assumed-role/deploy/ci");
  CHECK(out->credentials->access_key_id->size() == 20);
  CHECK(out->credentials->expiration->ms == to_ms(context.now) + 3'600'000);
  in.role_arn = "arn:aws:s3:::a-bucket-is-no-role";
  CHECK(services::sts::assume_role(context, in).error().code == "ValidationError");
}

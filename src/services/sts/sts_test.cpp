#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/sts/handlers.h"

TEST_CASE_FIXTURE(services::ContextFixture, "sts names the account, and gives credentials for a role but not for rubbish") {
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

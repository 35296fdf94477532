#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/sts/handlers.h"
#include "services/task_role.h"

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
  in.role_session_name = "a_session+with=all,of.them@it-1";
  CHECK(services::sts::assume_role(context, in));
  in.role_session_name = "no spaces";
  CHECK(services::sts::assume_role(context, in).error().code == "ValidationError");
  in.role_session_name = "ci";
  in.source_identity = "no/slashes";
  CHECK(services::sts::assume_role(context, in).error().code == "ValidationError");
  in.source_identity.reset();
  in.role_arn = "arn:aws:s3:::a-bucket-is-no-role";
  CHECK(services::sts::assume_role(context, in).error().code == "ValidationError");
}

TEST_CASE_FIXTURE(services::ContextFixture, "a caller with a task's key is the task's role; a task without one is nobody of its own") {
  model::Role role;
  role.name = "reader";
  role.id = "AROAREADERREADERREADE";
  state.roles.put(role);
  model::TaskDefinition definition;
  definition.family = "web";
  definition.revision = 1;
  definition.arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1";
  definition.task_role_arn = "arn:aws:iam::123456789012:role/apps/reader";
  state.task_definitions.put(definition);
  model::Task task;
  task.id = "0123456789abcdef0123456789abcdef";
  task.task_definition_arn = definition.arn;
  state.tasks.put(task);
  context.access_key = services::task_access_key(task.id, 5);
  const auto who = services::sts::get_caller_identity(context, {});
  CHECK(who->arn == "arn:aws:sts::123456789012:assumed-role/reader/" + task.id);
  CHECK(who->user_id == role.id + ":" + task.id);
  state.task_definitions.update(definition.key(), [](model::TaskDefinition& record) { record.task_role_arn.clear(); });
  CHECK(services::sts::get_caller_identity(context, {})->arn == "arn:aws:iam::123456789012:root");
}

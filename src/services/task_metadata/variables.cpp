#include "services/task_metadata/variables.h"

namespace services::task_metadata {

std::map<std::string, std::string> agent_variables(const model::Task& task, const std::string& container,
                                                   const TaskSecret& secret, const Introduction& told) {
  const std::string base = "http://" + told.address;
  const std::string token = secret.container_token(task.id, container);
  std::map<std::string, std::string> variables = {
      {"ECS_CONTAINER_METADATA_URI", base + "/v3/" + token},
      {"ECS_CONTAINER_METADATA_URI_V4", base + "/v4/" + token},
      {"AWS_EXECUTION_ENV", task.launch_type == "FARGATE" ? "AWS_ECS_FARGATE" : "AWS_ECS_EC2"}};
  // The full URI: the relative one means port 80 of an address that tasks of this machine's own network cannot have.
  if (told.has_role) {
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = base + "/v2/credentials/" + secret.credentials_token(task.id);
  }
  return variables;
}

std::map<std::string, std::string> default_variables(const Introduction& told) {
  if (!told.tell_apis) return {};
  return {
      {"AWS_ENDPOINT_URL", "http://" + told.address}, {"AWS_REGION", told.region}, {"AWS_DEFAULT_REGION", told.region}};
}

}  // namespace services::task_metadata

#include "services/ecs/handlers.h"
#include "services/ecs/lookup.h"
#include "services/ecs/render.h"
#include "services/page.h"

namespace services::ecs {

namespace {

const model::Task* find_task(const Context& context, const model::Cluster& cluster, const std::string& name_or_arn) {
  const model::Task* task = context.state.tasks.find(short_name(name_or_arn));
  return task && task->cluster == cluster.name ? task : nullptr;
}

/// Whether a filter of ListTasks lets a task through.
bool listed(const op::ListTasks::Input& in, const model::Task& task) {
  if (task.desired_status != in.desired_status.value_or("RUNNING")) return false;
  if (in.container_instance && task.container_instance != short_name(*in.container_instance)) return false;
  if (in.service_name && task.service != short_name(*in.service_name)) return false;
  if (in.started_by && task.started_by != *in.started_by) return false;
  if (in.launch_type && task.launch_type != *in.launch_type) return false;
  if (in.family && !std::string_view(short_name(task.task_definition_arn)).starts_with(*in.family + ":")) return false;
  return true;
}

}  // namespace

Result<op::StopTask::Output> stop_task(Context& context, const op::StopTask::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  const model::Task* task = find_task(context, *cluster, in.task.value_or(""));
  if (!task) return fail("InvalidParameterException", "The referenced task was not found.");
  const std::string id = task->id;
  if (task->wanted()) {
    context.state.tasks.update(id, [&](model::Task& record) {
      record.desired_status = "STOPPED";
      record.stop_code = "UserInitiated";
      record.stopped_reason = in.reason.value_or("Task stopped by user");
      ++record.version;
    });
  }
  op::StopTask::Output out;
  out.task = render_task(context, *context.state.tasks.find(id), true);
  return out;
}

Result<op::DescribeTasks::Output> describe_tasks(Context& context, const op::DescribeTasks::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  const auto names = in.tasks.value_or(std::vector<std::string>());
  if (names.empty()) return fail("InvalidParameterException", "Tasks cannot be empty.");
  if (names.size() > 100) return fail("InvalidParameterException", "At most 100 tasks can be described in one call.");
  op::DescribeTasks::Output out;
  auto& tasks = out.tasks.emplace();
  auto& failures = out.failures.emplace();
  for (const std::string& name : names) {
    if (const model::Task* task = find_task(context, *cluster, name)) {
      tasks.push_back(render_task(context, *task, asks_for_tags(in.include)));
    } else {
      failures.push_back(
          {.arn = make_arn(context.account, "ecs", "task/" + cluster->name + "/" + std::string(short_name(name))),
           .reason = "MISSING"});
    }
  }
  return out;
}

Result<op::ListTasks::Output> list_tasks(Context& context, const op::ListTasks::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  if (in.service_name) TRY_VOID(find_service(context, *cluster, *in.service_name));
  op::ListTasks::Output out;
  auto& arns = out.task_arns.emplace();
  TRY(const std::size_t size, page_size(in.max_results));
  TRY(Page page, Page::open(in.next_token, size, kInvalidToken));
  for (const std::string& id : context.state.tasks_by_cluster.keys(cluster->name)) {
    const model::Task& task = *context.state.tasks.find(id);
    if (listed(in, task) && page.take(id)) arns.push_back(task.arn);
  }
  out.next_token = page.next_token();
  return out;
}

Result<op::UpdateTaskProtection::Output> update_task_protection(Context& context,
                                                                const op::UpdateTaskProtection::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  const int expires = in.expires_in_minutes.value_or(120);
  if (expires < 1 || expires > 2880) {
    return fail("InvalidParameterException", "expiresInMinutes must be between 1 and 2880.");
  }
  const Instant until = context.now + context.pace(minutes(expires));
  op::UpdateTaskProtection::Output out;
  auto& protected_tasks = out.protected_tasks.emplace();
  auto& failures = out.failures.emplace();
  for (const std::string& name : in.tasks.value_or(std::vector<std::string>())) {
    const model::Task* task = find_task(context, *cluster, name);
    if (!task || task->service.empty() || !task->wanted()) {
      failures.push_back({.arn = name, .reason = !task ? "MISSING" : "TASK_NOT_VALID"});
      continue;
    }
    const std::string id = task->id;
    const bool enabled = in.protection_enabled.value_or(false);
    context.state.tasks.update(id, [&](model::Task& record) {
      record.protected_until.reset();
      if (enabled) record.protected_until = until;
    });
    auto& shown = protected_tasks.emplace_back();
    shown.task_arn = context.state.tasks.find(id)->arn;
    shown.protection_enabled = enabled;
    if (enabled) shown.expiration_date = timestamp(until);
  }
  return out;
}

Result<op::GetTaskProtection::Output> get_task_protection(Context& context, const op::GetTaskProtection::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  op::GetTaskProtection::Output out;
  auto& protected_tasks = out.protected_tasks.emplace();
  auto& failures = out.failures.emplace();
  for (const std::string& name : in.tasks.value_or(std::vector<std::string>())) {
    const model::Task* task = find_task(context, *cluster, name);
    if (!task) {
      failures.push_back({.arn = name, .reason = "MISSING"});
      continue;
    }
    auto& shown = protected_tasks.emplace_back();
    shown.task_arn = task->arn;
    shown.protection_enabled = task->protected_until && *task->protected_until > context.now;
    if (*shown.protection_enabled) shown.expiration_date = timestamp(*task->protected_until);
  }
  return out;
}

}  // namespace services::ecs

#include "services/ecs/handlers.h"

#include <algorithm>
#include <charconv>

#include "api/document.h"
#include "control/placement/query.h"
#include "services/ecs/container_rules.h"
#include "services/ecs/fargate.h"
#include "services/ecs/lookup.h"
#include "services/ecs/render.h"
#include "services/ecs/tags.h"
#include "services/page.h"

namespace services::ecs {

namespace {

bool valid_family(const std::string& family) {
  if (family.empty() || family.size() > 255) return false;
  for (const char c : family) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') return false;
  }
  return true;
}

/// "256", ".25 vCPU", "1 vcpu" in CPU units; "512", "0.5GB" in MiB (factor 1024 for the named unit).
std::optional<std::int64_t> parse_size(const std::string& text, std::string_view unit) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value <= 0) return std::nullopt;
  std::string rest(end, text.data() + text.size());
  rest.erase(0, rest.find_first_not_of(' '));
  for (char& c : rest) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (rest == unit) return static_cast<std::int64_t>(value * 1024);
  if (rest.empty() && value == static_cast<double>(static_cast<std::int64_t>(value))) {
    return static_cast<std::int64_t>(value);
  }
  return std::nullopt;
}

/// What only the runtime needs (limits, volumes, secrets, labels) is not read into the record: the engine takes it from the
/// document when a task starts. What no runtime of this engine can do is refused, so that no definition is half obeyed.
/// Of setrlimit(2), as Docker and ECS name them.
constexpr std::string_view kUlimits[] = {"core",  "cpu",      "data",   "fsize", "locks",  "memlock",    "msgqueue", "nice",
                                         "nofile", "nproc", "rss",    "rtprio", "rttime", "sigpending", "stack"};

template <class List>
bool given(const api::Optional<List>& list) {
  return list && !list->empty();
}

tl::unexpected<Error> unserved(const std::string& what) {
  return fail("UnsupportedFeatureException", "This engine does not serve " + what + " yet.");
}

Result<void> refuse_unserved(const api::ecs::ContainerDefinition& in) {
  if (in.repository_credentials) return unserved("repositoryCredentials");
  if (given(in.environment_files)) return unserved("environmentFiles");
  if (given(in.volumes_from)) return unserved("volumesFrom");
  if (in.privileged.value_or(false)) return unserved("privileged containers");
  if (in.hostname) return unserved("hostname");
  if (in.disable_networking.value_or(false)) return unserved("disableNetworking");
  if (given(in.dns_servers) || given(in.dns_search_domains)) return unserved("dnsServers and dnsSearchDomains");
  if (given(in.extra_hosts)) return unserved("extraHosts");
  if (given(in.docker_security_options)) return unserved("dockerSecurityOptions");
  if (in.interactive.value_or(false) || in.pseudo_terminal.value_or(false)) return unserved("interactive and pseudoTerminal");
  if (given(in.system_controls)) return unserved("systemControls");
  if (given(in.resource_requirements)) return unserved("resourceRequirements");
  if (in.firelens_configuration) return unserved("firelensConfiguration");
  if (given(in.credential_specs)) return unserved("credentialSpecs");
  if (!in.linux_parameters) return {};
  const auto& linux_parameters = *in.linux_parameters;
  const auto& capabilities = linux_parameters.capabilities;
  if (capabilities && (given(capabilities->add) || given(capabilities->drop))) return unserved("linuxParameters.capabilities");
  if (given(linux_parameters.devices)) return unserved("linuxParameters.devices");
  if (given(linux_parameters.tmpfs)) return unserved("linuxParameters.tmpfs");
  if (linux_parameters.shared_memory_size.value_or(0) > 0) return unserved("linuxParameters.sharedMemorySize");
  if (linux_parameters.max_swap || linux_parameters.swappiness) return unserved("linuxParameters.maxSwap and swappiness");
  return {};
}

Result<void> check_container_settings(const api::ecs::ContainerDefinition& in) {
  TRY_VOID(refuse_unserved(in));
  TRY_VOID(check_restart_policy(in));
  TRY_VOID(check_container_values(in));
  const std::string name = in.name.value_or("");
  for (const auto& limit : in.ulimits.value_or(std::vector<api::ecs::Ulimit>())) {
    const std::string ulimit = limit.name.value_or("");
    if (std::find(std::begin(kUlimits), std::end(kUlimits), ulimit) == std::end(kUlimits))
      return fail("ClientException", "Container '" + name + "' names an unknown ulimit: '" + ulimit + "'.");
    const int soft = limit.soft_limit.value_or(0), hard = limit.hard_limit.value_or(0);
    if (hard != -1 && (soft == -1 || soft > hard))
      return fail("ClientException",
                  "Container '" + name + "': the soft limit of ulimit " + ulimit + " must not be above its hard limit.");
  }
  for (const auto& secret : in.secrets.value_or(std::vector<api::ecs::Secret>())) {
    // Secrets Manager has no service here; a parameter is meant by its name or by its ARN.
    const std::string from = secret.value_from.value_or("");
    if (from.starts_with("arn:") && from.find(":ssm:") == std::string::npos)
      return unserved("secrets from elsewhere than the SSM Parameter Store");
  }
  return {};
}

Result<void> check_volumes(const op::RegisterTaskDefinition::Input& in) {
  std::set<std::string> names;
  for (const auto& volume : in.volumes.value_or(std::vector<api::ecs::Volume>())) {
    const std::string name = volume.name.value_or("");
    if (name.empty()) return fail("ClientException", "Volume.name should not be null or empty.");
    if (volume.efs_volume_configuration) return unserved("EFS volumes");
    if (volume.fsx_windows_file_server_volume_configuration || volume.s3files_volume_configuration)
      return unserved("FSx and S3 volumes");
    if (volume.configured_at_launch.value_or(false)) return unserved("volumes configured at launch");
    const std::string path = volume.host ? volume.host->source_path.value_or("") : "";
    if (!path.empty() && !path.starts_with('/'))
      return fail("ClientException", "Volume '" + name + "': the host's sourcePath must be absolute.");
    const auto& docker = volume.docker_volume_configuration;
    if (docker && (docker->driver.value_or("local") != "local" || given(docker->driver_opts)))
      return unserved("volume drivers other than local");
    names.insert(name);
  }
  for (const auto& container : *in.container_definitions) {
    for (const auto& mount : container.mount_points.value_or(std::vector<api::ecs::MountPoint>())) {
      if (!names.contains(mount.source_volume.value_or("")))
        return fail("ClientException", "Unknown volume '" + mount.source_volume.value_or("") + "'.");
      if (!mount.container_path.value_or("").starts_with('/'))
        return fail("ClientException",
                    "Container '" + container.name.value_or("") + "': the containerPath of a mount point must be absolute.");
    }
  }
  return {};
}

Result<model::ContainerDefinition> read_container(const api::ecs::ContainerDefinition& in, bool task_has_memory) {
  model::ContainerDefinition out;
  out.name = in.name.value_or("");
  if (out.name.empty()) return fail("ClientException", "Container.name should not be null or empty.");
  out.image = in.image.value_or("");
  if (out.image.empty()) return fail("ClientException", "Container.image should not be null or empty.");
  out.cpu = {in.cpu.value_or(0)};
  if (out.cpu.value < 0)
    return fail("ClientException", "Invalid setting for container '" + out.name + "'. The cpu must not be negative.");
  if (in.memory) out.memory = MiB{*in.memory};
  if (in.memory_reservation) out.memory_reservation = MiB{*in.memory_reservation};
  if (!out.memory && !out.memory_reservation && !task_has_memory) {
    return fail("ClientException", "Invalid setting for container '" + out.name +
                                       "'. At least one of 'memory' or 'memoryReservation' must be specified.");
  }
  if (out.memory && out.memory->value < 4) {
    return fail("ClientException",
                "Invalid setting for container '" + out.name + "'. The memory must be at least 4 MiB.");
  }
  if (out.memory && out.memory_reservation && *out.memory < *out.memory_reservation) {
    return fail("ClientException", "Invalid setting for container '" + out.name +
                                       "'. The memory must be greater than the memoryReservation.");
  }
  out.essential = in.essential.value_or(true);
  out.read_only_root = in.readonly_root_filesystem.value_or(false);
  if (in.entry_point) out.entry_point = *in.entry_point;
  if (in.command) out.command = *in.command;
  if (in.environment) {
    for (const auto& pair : *in.environment) out.environment[pair.name.value_or("")] = pair.value.value_or("");
  }
  out.working_directory = in.working_directory.value_or("");
  out.user = in.user.value_or("");
  if (in.port_mappings) {
    for (const auto& mapping : *in.port_mappings) {
      if (mapping.container_port_range) {
        return fail("UnsupportedFeatureException", "This engine does not serve containerPortRange yet.");
      }
      model::PortMapping port{.name = mapping.name.value_or(""),
                              .container_port = mapping.container_port.value_or(0),
                              .host_port = mapping.host_port.value_or(0),
                              .protocol = mapping.protocol.value_or("tcp")};
      if (port.container_port < 1 || port.container_port > 65535 || port.host_port < 0 || port.host_port > 65535) {
        return fail("ClientException", "Container port and host port must be between 1 and 65535.");
      }
      out.port_mappings.push_back(port);
    }
  }
  if (in.depends_on) {
    for (const auto& dependency : *in.depends_on) {
      out.depends_on.push_back({dependency.container_name.value_or(""), dependency.condition.value_or("START")});
    }
  }
  if (in.health_check) {
    auto& check = out.health_check.emplace();
    if (in.health_check->command) check.command = *in.health_check->command;
    check.interval = in.health_check->interval.value_or(check.interval);
    check.timeout = in.health_check->timeout.value_or(check.timeout);
    check.retries = in.health_check->retries.value_or(check.retries);
    check.start_period = in.health_check->start_period.value_or(check.start_period);
    if (check.command.empty()) return fail("ClientException", "Health check command must not be empty.");
  }
  TRY_VOID(check_container_settings(in));
  out.start_timeout = in.start_timeout;
  out.stop_timeout = in.stop_timeout;
  if (in.log_configuration) {
    out.log_driver = in.log_configuration->log_driver.value_or("");
    if (in.log_configuration->options) out.log_options = *in.log_configuration->options;
    if (out.log_driver == "awslogs" && !out.log_options.contains("awslogs-group")) {
      return fail("ClientException", "Log driver awslogs requires options: awslogs-group");
    }
  }
  return out;
}

Result<void> check_dependencies(const model::TaskDefinition& definition) {
  for (const auto& container : definition.containers) {
    for (const auto& dependency : container.depends_on) {
      const model::ContainerDefinition* found = nullptr;
      for (const auto& other : definition.containers) {
        if (other.name == dependency.container_name) found = &other;
      }
      if (!found || found == &container) {
        return fail("ClientException", "Container '" + container.name + "' depends on '" + dependency.container_name +
                                           "', which is not another container of this task definition.");
      }
      if (found->essential && (dependency.condition == "COMPLETE" || dependency.condition == "SUCCESS")) {
        return fail("ClientException", "A container that others wait for with " + dependency.condition +
                                           " must not be essential: '" + found->name + "'.");
      }
      if (dependency.condition == "HEALTHY" && !found->health_check) {
        return fail("ClientException",
                    "Container '" + found->name + "' needs a health check: another waits for HEALTHY.");
      }
    }
  }
  return {};
}

/// Of type memberOf, the only one that a definition can have.
Result<std::vector<model::PlacementConstraint>> read_definition_constraints(
    const std::vector<api::ecs::TaskDefinitionPlacementConstraint>& given) {
  std::vector<model::PlacementConstraint> constraints;
  for (const auto& constraint : given) {
    model::PlacementConstraint& read =
        constraints.emplace_back(constraint.type.value_or(""), constraint.expression.value_or(""));
    if (const auto query = control::Query::parse(read.expression); !query)
      return fail("ClientException", query.error().message);
  }
  return constraints;
}

/// What AWS fills in when it answers a container definition.
void normalise(api::ecs::ContainerDefinition& container, const std::string& network_mode) {
  if (!container.cpu) container.cpu = 0;
  if (!container.essential) container.essential = true;
  if (!container.environment) container.environment.emplace();
  if (!container.mount_points) container.mount_points.emplace();
  if (!container.volumes_from) container.volumes_from.emplace();
  if (!container.system_controls) container.system_controls.emplace();
  if (!container.port_mappings) container.port_mappings.emplace();
  for (auto& mapping : *container.port_mappings) {
    if (!mapping.protocol) mapping.protocol = "tcp";
    if (!mapping.host_port) mapping.host_port = network_mode == "bridge" ? 0 : mapping.container_port.value_or(0);
  }
  if (container.health_check) {
    auto& check = *container.health_check;
    if (!check.interval) check.interval = 30;
    if (!check.timeout) check.timeout = 5;
    if (!check.retries) check.retries = 3;
  }
}

int next_revision(const Context& context, const std::string& family) {
  const auto& all = context.state.task_definitions.all();
  auto next = all.lower_bound(family + ";");
  if (next == all.begin()) return 1;
  --next;
  return next->second.family == family ? next->second.revision + 1 : 1;
}

}  // namespace

Result<op::RegisterTaskDefinition::Output> register_task_definition(Context& context,
                                                                    const op::RegisterTaskDefinition::Input& in) {
  const std::string family = in.family.value_or("");
  if (!valid_family(family)) {
    return fail("ClientException",
                "Family should be alphanumeric, and can contain hyphens and underscores, up to 255 characters.");
  }
  if (!in.container_definitions || in.container_definitions->empty()) {
    return fail("ClientException", "Container list cannot be empty.");
  }
  if (in.container_definitions->size() > 10) {
    return fail("ClientException", "A task definition can have at most 10 containers.");
  }
  model::TaskDefinition definition;
  definition.family = family;
  definition.network_mode = in.network_mode.value_or("bridge");
  if (in.cpu) {
    const auto cpu = parse_size(*in.cpu, "vcpu");
    if (!cpu) return fail("ClientException", "Invalid 'cpu' setting for task: '" + *in.cpu + "'.");
    definition.cpu = CpuUnits{*cpu};
  }
  if (in.memory) {
    const auto memory = parse_size(*in.memory, "gb");
    if (!memory) return fail("ClientException", "Invalid 'memory' setting for task: '" + *in.memory + "'.");
    definition.memory = MiB{*memory};
  }
  std::set<std::string> names;
  bool any_essential = false;
  for (const auto& container : *in.container_definitions) {
    TRY(model::ContainerDefinition read, read_container(container, definition.memory.has_value()));
    if (!names.insert(read.name).second) {
      return fail("ClientException", "Container names must be unique: '" + read.name + "' is given twice.");
    }
    if (definition.memory && read.memory.value_or(MiB{0}) > *definition.memory) {
      return fail("ClientException",
                  "The 'memory' setting for container '" + read.name + "' is greater than for the task.");
    }
    any_essential = any_essential || read.essential;
    definition.containers.push_back(std::move(read));
  }
  if (!any_essential) return fail("ClientException", "At least one container must be essential.");
  TRY_VOID(check_dependencies(definition));
  TRY_VOID(check_links(*in.container_definitions, definition.network_mode));
  TRY_VOID(check_volumes(in));
  TRY_VOID(check_network_mode(in, definition.network_mode));
  TRY(definition.placement_constraints,
      read_definition_constraints(
          in.placement_constraints.value_or(std::vector<api::ecs::TaskDefinitionPlacementConstraint>())));
  definition.task_role_arn = in.task_role_arn.value_or("");
  definition.execution_role_arn = in.execution_role_arn.value_or("");
  const Result<void> fargate = check_fargate(in, definition);
  const auto required = in.requires_compatibilities.value_or(std::vector<std::string>());
  if (!fargate && std::ranges::count(required, "FARGATE") > 0) return tl::unexpected(fargate.error());
  definition.revision = next_revision(context, family);
  definition.arn =
      make_arn(context.account, "ecs", "task-definition/" + family + ":" + std::to_string(definition.revision));
  definition.registered_at = context.now;
  TRY(definition.tags, read_tags(in.tags));

  api::ecs::TaskDefinition echoed;
  echoed.task_definition_arn = definition.arn;
  echoed.container_definitions = in.container_definitions;
  for (auto& container : *echoed.container_definitions) normalise(container, definition.network_mode);
  echoed.family = family;
  echoed.task_role_arn = in.task_role_arn;
  echoed.execution_role_arn = in.execution_role_arn;
  echoed.network_mode = definition.network_mode;
  echoed.revision = definition.revision;
  echoed.volumes = in.volumes.value_or(std::vector<api::ecs::Volume>());
  echoed.placement_constraints.emplace();
  if (in.placement_constraints) echoed.placement_constraints = in.placement_constraints;
  echoed.compatibilities = {"EXTERNAL", "EC2"};
  if (definition.network_mode == "awsvpc") echoed.compatibilities = {"EC2"};
  if (fargate) echoed.compatibilities->push_back("FARGATE");
  echoed.requires_compatibilities = in.requires_compatibilities;
  echoed.runtime_platform = in.runtime_platform;
  if (definition.cpu) echoed.cpu = std::to_string(definition.cpu->value);
  if (definition.memory) echoed.memory = std::to_string(definition.memory->value);
  echoed.pid_mode = in.pid_mode;
  echoed.ipc_mode = in.ipc_mode;
  echoed.proxy_configuration = in.proxy_configuration;
  echoed.ephemeral_storage = in.ephemeral_storage;
  echoed.enable_fault_injection = in.enable_fault_injection;
  echoed.registered_at = timestamp(context.now);
  echoed.registered_by = "arn:aws:iam::" + context.account.id + ":root";
  definition.document = api::to_document(echoed);

  op::RegisterTaskDefinition::Output out;
  out.task_definition = render_task_definition(definition);
  out.tags = render_tags(definition.tags);
  context.state.task_definitions.put(std::move(definition));
  return out;
}

Result<op::DescribeTaskDefinition::Output> describe_task_definition(Context& context,
                                                                    const op::DescribeTaskDefinition::Input& in) {
  const model::TaskDefinition* definition = find_task_definition(context, in.task_definition.value_or(""));
  if (!definition) return fail("ClientException", "Unable to describe task definition.");
  op::DescribeTaskDefinition::Output out;
  out.task_definition = render_task_definition(*definition);
  for (const std::string& include : in.include.value_or(std::vector<std::string>())) {
    if (include == "TAGS") out.tags = render_tags(definition->tags);
  }
  return out;
}

Result<op::DeregisterTaskDefinition::Output> deregister_task_definition(Context& context,
                                                                        const op::DeregisterTaskDefinition::Input& in) {
  const std::string key = model::TaskDefinition::key_of(in.task_definition.value_or(""));
  if (key.empty()) {
    return fail("InvalidParameterException", "Invalid revision number. Number: " + in.task_definition.value_or(""));
  }
  const bool found = context.state.task_definitions.update(key, [&](model::TaskDefinition& record) {
    if (record.status != "ACTIVE") return;
    record.status = "INACTIVE";
    record.deregistered_at = context.now;
  });
  if (!found) return fail("ClientException", "Unable to describe task definition.");
  op::DeregisterTaskDefinition::Output out;
  out.task_definition = render_task_definition(*context.state.task_definitions.find(key));
  return out;
}

Result<op::DeleteTaskDefinitions::Output> delete_task_definitions(Context& context,
                                                                  const op::DeleteTaskDefinitions::Input& in) {
  op::DeleteTaskDefinitions::Output out;
  auto& deleted = out.task_definitions.emplace();
  auto& failures = out.failures.emplace();
  for (const std::string& reference : in.task_definitions.value_or(std::vector<std::string>())) {
    const std::string key = model::TaskDefinition::key_of(reference);
    const model::TaskDefinition* definition = context.state.task_definitions.find(key);
    if (!definition) {
      failures.push_back({.arn = reference, .reason = "TASK_DEFINITION_NOT_FOUND"});
      continue;
    }
    if (definition->status == "ACTIVE") {
      failures.push_back({.arn = definition->arn,
                          .reason = "The specified task definition is still in ACTIVE status. Please deregister the "
                                    "target and try again."});
      continue;
    }
    // The record stays: tasks may still name it, and its revision number is never given again.
    context.state.task_definitions.update(key,
                                          [](model::TaskDefinition& record) { record.status = "DELETE_IN_PROGRESS"; });
    deleted.push_back(render_task_definition(*context.state.task_definitions.find(key)));
    deleted.back().delete_requested_at = timestamp(context.now);
  }
  return out;
}

Result<op::ListTaskDefinitions::Output> list_task_definitions(Context& context,
                                                              const op::ListTaskDefinitions::Input& in) {
  const std::string status = in.status.value_or("ACTIVE");
  const std::string prefix = in.family_prefix ? *in.family_prefix + ":" : std::string();
  const bool descending = in.sort.value_or("ASC") == "DESC";
  std::vector<const model::TaskDefinition*> found;
  for (const auto& [key, definition] : context.state.task_definitions.range(prefix)) {
    if (definition.status == status) found.push_back(&definition);
  }
  if (descending) std::reverse(found.begin(), found.end());
  op::ListTaskDefinitions::Output out;
  auto& arns = out.task_definition_arns.emplace();
  TRY(const std::size_t limit, page_size(in.max_results));
  TRY(const std::optional<std::string> after, page_key(in.next_token, kInvalidToken));
  for (const model::TaskDefinition* definition : found) {
    if (after && (descending ? definition->key() >= *after : definition->key() <= *after)) continue;
    if (arns.size() == limit) {
      out.next_token = page_token(model::TaskDefinition::key_of(arns.back()));
      break;
    }
    arns.push_back(definition->arn);
  }
  return out;
}

Result<op::ListTaskDefinitionFamilies::Output> list_task_definition_families(
    Context& context, const op::ListTaskDefinitionFamilies::Input& in) {
  const std::string status = in.status.value_or("ALL");
  std::map<std::string, bool> active;  // family -> whether any revision is ACTIVE
  for (const auto& [key, definition] : context.state.task_definitions.range(in.family_prefix.value_or(""))) {
    active[definition.family] |= definition.status == "ACTIVE";
  }
  op::ListTaskDefinitionFamilies::Output out;
  auto& families = out.families.emplace();
  TRY(const std::size_t size, page_size(in.max_results));
  TRY(Page page, Page::open(in.next_token, size, kInvalidToken));
  for (const auto& [family, has_active] : active) {
    if (status != "ALL" && has_active != (status == "ACTIVE")) continue;
    if (page.take(family)) families.push_back(family);
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::ecs

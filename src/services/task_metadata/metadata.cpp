#include "services/task_metadata/metadata.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/network_names.h"

namespace services::task_metadata {

namespace json = boost::json;

namespace {

const model::TaskDefinition* definition_of(const Context& context, const model::Task& task) {
  return context.state.task_definitions.find(model::TaskDefinition::key_of(task.task_definition_arn));
}

/// The agent's own states; the API's finer ones (ACTIVATING, DEACTIVATING…) are the scheduler's.
const char* known_status(const model::Task& task) {
  const std::string& status = task.last_status;
  if (status == "STOPPED" || status == "DEPROVISIONING") return "STOPPED";
  if (status == "PROVISIONING") return "NONE";
  return status == "PENDING" ? "CREATED" : "RUNNING";
}

const char* known_status(const model::Task& task, const model::Container& container) {
  if (container.last_status != "PENDING") return container.last_status == "STOPPED" ? "STOPPED" : "RUNNING";
  return task.pull_stopped_at ? "PULLED" : "NONE";
}

/// The digest of an image's configuration, Docker's id of the image; the manifest's own where it is not in the
/// registry.
std::string image_id(const Context& context, const std::string& manifest_digest) {
  if (manifest_digest.empty() || !context.read_manifest) return manifest_digest;
  const auto manifest = context.read_manifest(manifest_digest);
  boost::system::error_code error;
  const json::value tree = manifest ? json::parse(*manifest, error) : json::value();
  const json::value* digest = error ? nullptr : tree.find_pointer("/config/digest", error);
  return digest && digest->is_string() ? std::string(digest->as_string()) : manifest_digest;
}

/// A container's definition as it was given: what the record leaves to the runtime stands there alone.
json::object as_given(const model::TaskDefinition* definition, const std::string& container) {
  boost::system::error_code error;
  const json::value tree = definition ? json::parse(definition->document, error) : json::value();
  const json::value* list = error ? nullptr : tree.find_pointer("/containerDefinitions", error);
  if (!list || !list->is_array()) return {};
  for (const json::value& item : list->as_array()) {
    const json::value* name = item.find_pointer("/name", error);
    if (name && name->is_string() && name->as_string() == container) return item.as_object();
  }
  return {};
}

bool may_restart(const json::object& given) {
  boost::system::error_code error;
  const json::value policy = given.contains("restartPolicy") ? given.at("restartPolicy") : json::value();
  const json::value* enabled = policy.find_pointer("/enabled", error);
  return enabled && enabled->is_bool() && enabled->as_bool();
}

json::object labels(const model::Task& task, const model::TaskDefinition* definition, const json::object& as_given,
                    const std::string& container) {
  const json::value* own = as_given.if_contains("dockerLabels");
  json::object all = own && own->is_object() ? own->as_object() : json::object();
  all["com.amazonaws.ecs.cluster"] = task.cluster;
  all["com.amazonaws.ecs.container-name"] = container;
  all["com.amazonaws.ecs.task-arn"] = task.arn;
  if (definition) {
    all["com.amazonaws.ecs.task-definition-family"] = definition->family;
    all["com.amazonaws.ecs.task-definition-version"] = std::to_string(definition->revision);
  }
  return all;
}

json::array ports(const model::Container& container) {
  json::array all;
  for (const model::NetworkBinding& binding : container.network_bindings) {
    all.push_back({{"ContainerPort", binding.container_port},
                   {"Protocol", binding.protocol},
                   {"HostPort", binding.host_port},
                   {"HostIp", binding.bind_ip}});
  }
  return all;
}

/// The task's own in awsvpc, else the container's own if it has one; else the one of this machine's under which it is
/// reached.
std::string address_of(const model::Task& task, const model::Container& container, const Observed& observed) {
  if (task.network_interface) return task.network_interface->address;
  if (!observed.address.empty()) return observed.address;
  for (const model::NetworkBinding& binding : container.network_bindings) {
    if (!binding.bind_ip.empty()) return binding.bind_ip;
  }
  return task.node_address;
}

json::object network(const Context& context, const model::Task& task, const model::TaskDefinition* definition,
                     const std::string& address, Version version) {
  const std::string mode = definition ? definition->network_mode : "bridge";
  json::object out{{"NetworkMode", mode}};
  if (mode != "none" && !address.empty()) out["IPv4Addresses"] = json::array{address};
  if (version == Version::v3 || !task.network_interface) return out;
  const model::TaskInterface& own = *task.network_interface;
  const model::Subnet* subnet = context.state.subnets.find(own.subnet_id);
  out["AttachmentIndex"] = 0;
  out["MACAddress"] = hardware_address(own.id);
  if (subnet) out["IPv4SubnetCIDRBlock"] = subnet->cidr;
  out["PrivateDNSName"] = private_dns_name(context.account.region, own.address);
  return out;
}

std::string vpc_of(const state::State& state, const model::Task& task) {
  const model::Subnet* subnet =
      task.network_interface ? state.subnets.find(task.network_interface->subnet_id) : nullptr;
  const model::Instance* instance = state.instances.find(task.instance_id);
  return subnet ? subnet->vpc_id : instance ? instance->vpc_id : "";
}

json::object log_options(const model::Task& task, const model::ContainerDefinition& given) {
  json::object options;
  for (const auto& [name, value] : given.log_options) options[name] = value;
  const auto prefix = given.log_options.find("awslogs-stream-prefix");
  if (given.log_driver == "awslogs" && prefix != given.log_options.end()) {
    options["awslogs-stream"] = fmt::format("{}/{}/{}", prefix->second, given.name, task.id);
  }
  return options;
}

json::object tags_json(const model::Tags& tags) {
  json::object all;
  for (const model::Tag& tag : tags) all[tag.key] = tag.value;
  return all;
}

void put_time(json::object& object, const char* name, const std::optional<Instant>& at) {
  if (at) object[name] = to_iso8601(*at);
}

void put_text(json::object& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

void put_limits(json::object& out, const model::ContainerDefinition& given) {
  json::object& limits = out["Limits"].emplace_object();
  limits["CPU"] = given.cpu.value;
  if (given.memory) limits["Memory"] = given.memory->value;
}

void put_log(json::object& out, const model::Task& task, const model::ContainerDefinition& given) {
  if (given.log_driver.empty()) return;
  out["LogDriver"] = given.log_driver;
  out["LogOptions"] = log_options(task, given);
}

}  // namespace

json::object container_json(const Context& context, const Sources& sources, const model::Task& task,
                            const model::Container& container, Version version) {
  const model::TaskDefinition* definition = definition_of(context, task);
  const model::ContainerDefinition* given = nullptr;
  if (definition) {
    const auto found = std::ranges::find(definition->containers, container.name, &model::ContainerDefinition::name);
    if (found != definition->containers.end()) given = &*found;
  }
  const json::object document = as_given(definition, container.name);
  const Observed observed = sources.observed ? sources.observed(task.id, container.name) : Observed();
  json::object out;
  out["DockerId"] = container.runtime_id;
  out["Name"] = container.name;
  out["DockerName"] = sources.docker_name ? sources.docker_name(task, container.name) : "";
  out["Image"] = container.image;
  out["ImageID"] = image_id(context, container.image_digest);
  if (!container.network_bindings.empty()) out["Ports"] = ports(container);
  out["Labels"] = labels(task, definition, document, container.name);
  out["DesiredStatus"] = task.desired_status;
  out["KnownStatus"] = known_status(task, container);
  if (container.exit_code) out["ExitCode"] = *container.exit_code;
  if (given) put_limits(out, *given);
  // It is created when all images of the task are there, unless it did not wait for them.
  if (observed.started_at) {
    put_time(out, "CreatedAt", std::min(task.pull_stopped_at.value_or(*observed.started_at), *observed.started_at));
  }
  put_time(out, "StartedAt", observed.started_at);
  put_time(out, "FinishedAt", observed.finished_at);
  out["Type"] = "NORMAL";
  if (given && given->health_check) out["Health"] = {{"status", container.health_status}};
  if (version == Version::v4) {
    if (may_restart(document)) out["RestartCount"] = container.restart_count;
    if (given) put_log(out, task, *given);
    out["ContainerARN"] =
        make_arn(context.account, "ecs", fmt::format("container/{}/{}/{}", task.cluster, task.id, container.id));
  }
  out["Networks"].emplace_array().push_back(
      network(context, task, definition, address_of(task, container, observed), version));
  return out;
}

json::object task_json(const Context& context, const Sources& sources, const model::Task& task, Version version,
                       bool with_tags) {
  const model::TaskDefinition* definition = definition_of(context, task);
  json::object out;
  // An agent on a node knows the name that it was started with; Fargate's tells the ARN.
  out["Cluster"] = task.serverless() ? make_arn(context.account, "ecs", "cluster/" + task.cluster) : task.cluster;
  out["TaskARN"] = task.arn;
  if (definition) {
    out["Family"] = definition->family;
    out["Revision"] = std::to_string(definition->revision);
  }
  if (version == Version::v4) put_text(out, "ServiceName", task.service);
  out["DesiredStatus"] = task.desired_status;
  out["KnownStatus"] = known_status(task);
  if (definition && (definition->cpu || definition->memory)) {
    json::object& limits = out["Limits"].emplace_object();
    if (definition->cpu) limits["CPU"] = static_cast<double>(definition->cpu->value) / 1024;  // vCPUs here
    if (definition->memory) limits["Memory"] = definition->memory->value;
  }
  put_time(out, "PullStartedAt", task.pull_started_at);
  put_time(out, "PullStoppedAt", task.pull_stopped_at);
  put_time(out, "ExecutionStoppedAt", task.execution_stopped_at);
  put_text(out, "AvailabilityZone", task.availability_zone);
  out["LaunchType"] = task.launch_type;
  if (version == Version::v4) put_text(out, "VPCID", vpc_of(context.state, task));
  json::array& containers = out["Containers"].emplace_array();
  for (const model::Container& container : task.containers) {
    containers.push_back(container_json(context, sources, task, container, version));
  }
  if (with_tags) {
    const auto* node = context.state.container_instances.find(task.container_instance);
    if (!task.tags.empty()) out["TaskTags"] = tags_json(task.tags);
    if (node && !node->tags.empty()) out["ContainerInstanceTags"] = tags_json(node->tags);
  }
  return out;
}

}  // namespace services::task_metadata

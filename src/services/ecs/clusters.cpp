#include "services/ecs/handlers.h"

#include "api/document.h"
#include "services/ecs/lookup.h"
#include "services/ecs/render.h"
#include "services/ecs/tags.h"
#include "services/page.h"

namespace services::ecs {

namespace {

bool valid_cluster_name(const std::string& name) {
  if (name.empty() || name.size() > 255) return false;
  for (const char c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') return false;
  }
  return true;
}

ClusterDetail cluster_detail(const std::optional<std::vector<std::string>>& include) {
  ClusterDetail detail;
  for (const std::string& name : include.value_or(std::vector<std::string>())) {
    if (name == "ATTACHMENTS") detail.attachments = true;
    if (name == "CONFIGURATIONS") detail.configurations = true;
    if (name == "SETTINGS") detail.settings = true;
    if (name == "STATISTICS") detail.statistics = true;
    if (name == "TAGS") detail.tags = true;
  }
  return detail;
}

constexpr ClusterDetail kEverything{true, true, true, true, true};

/// `present`: what stays when the settings do not name it.
Result<bool> read_insights(const std::optional<std::vector<api::ecs::ClusterSetting>>& settings, bool present) {
  for (const auto& setting : settings.value_or(std::vector<api::ecs::ClusterSetting>())) {
    const std::string value = setting.value.value_or("");
    if (setting.name.value_or("") != "containerInsights") continue;
    if (value == "enhanced") {
      return fail("InvalidParameterException",
                  "This engine does not serve Container Insights with enhanced observability: use enabled, not enhanced.");
    }
    if (value != "enabled" && value != "disabled") {
      return fail("InvalidParameterException", "Value for setting containerInsights must be one of enabled, disabled.");
    }
    present = value == "enabled";
  }
  return present;
}

/// Kept and shown; services that use Service Connect are refused. An empty name takes it back.
Result<std::optional<api::ecs::ClusterServiceConnectDefaults>> read_connect_defaults(
    const Context& context, const api::ecs::ClusterServiceConnectDefaultsRequest& given) {
  const std::string& wanted = *given.namespace_;
  if (wanted.empty()) return std::nullopt;
  for (const auto& [id, one] : context.state.namespaces.all()) {
    if (one.arn == wanted || one.name == wanted) {
      return api::ecs::ClusterServiceConnectDefaults{.namespace_ = one.arn};
    }
  }
  return fail("NamespaceNotFoundException",
              "The namespace " + wanted + " does not exist. This engine makes none for a cluster: create it in Cloud Map first.");
}

}  // namespace

Result<op::CreateCluster::Output> create_cluster(Context& context, const op::CreateCluster::Input& in) {
  const std::string name = in.cluster_name.value_or("default");
  if (!valid_cluster_name(name)) {
    return fail(
        "InvalidParameterException",
        "Cluster names can contain up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens.");
  }
  const model::Cluster* existing = context.state.clusters.find(name);
  if (!existing || existing->status != "ACTIVE") {  // creating an ACTIVE one again answers it
    api::ecs::Cluster echoed;
    echoed.settings = in.settings;
    echoed.configuration = in.configuration;
    if (in.service_connect_defaults) {
      TRY(echoed.service_connect_defaults, read_connect_defaults(context, *in.service_connect_defaults));
    }
    model::Cluster cluster;
    TRY(cluster.container_insights, read_insights(in.settings, false));
    cluster.name = name;
    cluster.arn = make_arn(context.account, "ecs", "cluster/" + name);
    cluster.created_at = context.now;
    cluster.document = api::to_document(echoed);
    TRY(cluster.tags, read_tags(in.tags));
    context.state.clusters.put(std::move(cluster));
    TRY_VOID(set_cluster_providers(context, name, in.capacity_providers.value_or(std::vector<std::string>()),
                                   in.default_capacity_provider_strategy.value_or(
                                       std::vector<api::ecs::CapacityProviderStrategyItem>())));
  }
  op::CreateCluster::Output out;
  out.cluster = render_cluster(context, *context.state.clusters.find(name), kEverything);
  return out;
}

Result<op::DescribeClusters::Output> describe_clusters(Context& context, const op::DescribeClusters::Input& in) {
  op::DescribeClusters::Output out;
  auto& clusters = out.clusters.emplace();
  auto& failures = out.failures.emplace();
  const ClusterDetail detail = cluster_detail(in.include);
  std::vector<std::string> names = in.clusters.value_or(std::vector<std::string>());
  if (names.empty()) names.push_back("default");
  for (const std::string& name : names) {
    const model::Cluster* cluster = context.state.clusters.find(short_name(name));
    if (cluster) {
      clusters.push_back(render_cluster(context, *cluster, detail));
    } else {
      failures.push_back(
          {.arn = make_arn(context.account, "ecs", "cluster/" + std::string(short_name(name))), .reason = "MISSING"});
    }
  }
  return out;
}

Result<op::ListClusters::Output> list_clusters(Context& context, const op::ListClusters::Input& in) {
  op::ListClusters::Output out;
  auto& arns = out.cluster_arns.emplace();
  TRY(const std::size_t size, page_size(in.max_results));
  TRY(Page page, Page::open(in.next_token, size, kInvalidToken));
  for (const auto& [name, cluster] : context.state.clusters.all()) {
    if (cluster.status == "ACTIVE" && page.take(name)) arns.push_back(cluster.arn);
  }
  out.next_token = page.next_token();
  return out;
}

Result<op::DeleteCluster::Output> delete_cluster(Context& context, const op::DeleteCluster::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  if (!context.state.container_instances_by_cluster.keys(cluster->name).empty()) {
    return fail("ClusterContainsContainerInstancesException",
                "The Cluster cannot be deleted while Container Instances are active or draining.");
  }
  for (const std::string& key : context.state.services_by_cluster.keys(cluster->name)) {
    if (context.state.services.find(key)->status != "INACTIVE") {
      return fail("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.");
    }
  }
  const TaskCounts counts = count_tasks(context, context.state.tasks_by_cluster.keys(cluster->name));
  if (counts.running + counts.pending > 0) {
    return fail("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.");
  }
  const std::string name = cluster->name;
  TRY_VOID(set_cluster_providers(context, name, {}, {}));
  context.state.clusters.update(name, [](model::Cluster& record) { record.status = "INACTIVE"; });
  op::DeleteCluster::Output out;
  out.cluster = render_cluster(context, *context.state.clusters.find(name), kEverything);
  return out;
}

Result<op::UpdateCluster::Output> update_cluster(Context& context, const op::UpdateCluster::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  auto echoed = api::from_document<api::ecs::Cluster>(cluster->document);
  if (in.settings) echoed.settings = in.settings;
  if (in.configuration) echoed.configuration = in.configuration;
  if (in.service_connect_defaults) {
    TRY(echoed.service_connect_defaults, read_connect_defaults(context, *in.service_connect_defaults));
  }
  TRY(const bool insights, read_insights(in.settings, cluster->container_insights));
  const std::string name = cluster->name;
  context.state.clusters.update(name, [&](model::Cluster& record) {
    record.document = api::to_document(echoed);
    record.container_insights = insights;
  });
  op::UpdateCluster::Output out;
  out.cluster = render_cluster(context, *context.state.clusters.find(name), kEverything);
  return out;
}

Result<op::UpdateClusterSettings::Output> update_cluster_settings(Context& context,
                                                                  const op::UpdateClusterSettings::Input& in) {
  op::UpdateCluster::Input update;
  update.cluster = in.cluster;
  update.settings = in.settings;
  TRY(op::UpdateCluster::Output updated, update_cluster(context, update));
  op::UpdateClusterSettings::Output out;
  out.cluster = std::move(updated.cluster);
  return out;
}

}  // namespace services::ecs

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "control/capacity/instance_lifecycle.h"
#include "services/ecs/capacity_strategy.h"
#include "services/ecs/handlers.h"
#include "services/ecs/lookup.h"
#include "services/ecs/render.h"
#include "services/ecs/tags.h"
#include "services/page.h"

namespace services::ecs {

namespace {

constexpr const char* kManagedTag = "AmazonECSManaged";
constexpr const char* kFargateProviders[] = {"FARGATE", "FARGATE_SPOT"};

bool starts_with_any_case(std::string name, std::string_view prefix) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name.starts_with(prefix);
}

Result<void> check_provider_name(const std::string& name) {
  const bool valid = !name.empty() && name.size() <= 255 && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  });
  if (!valid || starts_with_any_case(name, "aws") || starts_with_any_case(name, "ecs") ||
      starts_with_any_case(name, "fargate")) {
    return fail("InvalidParameterException",
                "The specified capacity provider name is invalid. Up to 255 characters are allowed, including letters "
                "(uppercase and lowercase), numbers, underscores, and hyphens, and the name can't be prefixed with \"aws\", "
                "\"ecs\", or \"fargate\". Specify a valid name and try again.");
  }
  return {};
}

tl::unexpected<Error> unknown_provider(const std::string& name) {
  return fail("InvalidParameterException",
              "The specified capacity provider '" + name + "' was not found. Specify a valid name or ARN and try again.");
}

const model::AutoScalingGroup* group_by_arn(const Context& context, const std::string& arn) {
  for (const auto& [name, group] : context.state.auto_scaling_groups.all()) {
    if (group.arn == arn || name == arn) return &group;
  }
  return nullptr;
}

/// Of the create and the update request alike.
template <class Given>
Result<void> use_settings(model::CapacityProvider& provider, const Given& given, const model::AutoScalingGroup* group) {
  if (given.managed_scaling) {
    const auto& scaling = *given.managed_scaling;
    if (scaling.status) provider.managed_scaling = *scaling.status == "ENABLED";
    provider.target_capacity = scaling.target_capacity.value_or(provider.target_capacity);
    provider.minimum_step = scaling.minimum_scaling_step_size.value_or(provider.minimum_step);
    provider.maximum_step = scaling.maximum_scaling_step_size.value_or(provider.maximum_step);
    provider.instance_warmup = scaling.instance_warmup_period.value_or(provider.instance_warmup);
    if (provider.minimum_step > provider.maximum_step) {
      return fail("InvalidParameterException",
                  "The minimumScalingStepSize can't be greater than the maximumScalingStepSize.");
    }
  }
  if (given.managed_termination_protection) {
    provider.termination_protection = *given.managed_termination_protection == "ENABLED";
  }
  if (given.managed_draining) provider.draining = *given.managed_draining == "ENABLED";
  if (!provider.termination_protection) return {};
  if (!provider.managed_scaling) {
    return fail("InvalidParameterException",
                "The managed termination protection setting for the capacity provider is invalid. To enable managed "
                "termination protection for a capacity provider, managed scaling must be enabled.");
  }
  if (group && !group->protect_new_instances) {
    return fail("InvalidParameterException",
                "The managed termination protection setting for the capacity provider is invalid. To enable managed "
                "termination protection for a capacity provider, the Auto Scaling group must have instance protection from "
                "scale in enabled.");
  }
  return {};
}

/// The tag and the hook that ECS keeps on the group.
void mark_group(Context& context, const model::CapacityProvider& provider) {
  context.state.auto_scaling_groups.update(provider.group, [&](model::AutoScalingGroup& group) {
    if (std::ranges::none_of(group.tags, [](const auto& tag) { return tag.key == kManagedTag; })) {
      group.tags.push_back({.key = kManagedTag, .value = "", .propagate_at_launch = true});
    }
    std::erase_if(group.hooks, [](const auto& hook) { return hook.name == control::kDrainingHook; });
    if (!provider.draining) return;
    model::LifecycleHook hook;
    hook.name = control::kDrainingHook;
    hook.transition = "autoscaling:EC2_INSTANCE_TERMINATING";
    hook.default_result = "CONTINUE";
    group.hooks.push_back(std::move(hook));
  });
}

api::ecs::CapacityProvider render_provider(const Context& context, const model::CapacityProvider& provider, bool tags) {
  api::ecs::CapacityProvider out;
  out.capacity_provider_arn = provider.arn;
  out.name = provider.name;
  out.status = provider.status;
  out.type = "EC2_AUTOSCALING";
  auto& group = out.auto_scaling_group_provider.emplace();
  group.auto_scaling_group_arn = provider.group_arn;
  auto& scaling = group.managed_scaling.emplace();
  scaling.status = provider.managed_scaling ? "ENABLED" : "DISABLED";
  scaling.target_capacity = provider.target_capacity;
  scaling.minimum_scaling_step_size = provider.minimum_step;
  scaling.maximum_scaling_step_size = provider.maximum_step;
  scaling.instance_warmup_period = provider.instance_warmup;
  group.managed_termination_protection = provider.termination_protection ? "ENABLED" : "DISABLED";
  group.managed_draining = provider.draining ? "ENABLED" : "DISABLED";
  if (!provider.update_status.empty()) out.update_status = provider.update_status;
  out.tags = tags ? render_tags(provider.tags) : std::vector<api::ecs::Tag>();
  (void)context;
  return out;
}

api::ecs::CapacityProvider render_fargate(const Context& context, const std::string& name) {
  api::ecs::CapacityProvider out;
  out.capacity_provider_arn = make_arn(context.account, "ecs", "capacity-provider/" + name);
  out.name = name;
  out.status = "ACTIVE";
  out.type = name;
  out.tags.emplace();
  return out;
}

bool in_use(const Context& context, const std::string& provider, const std::string& cluster) {
  for (const std::string& key : context.state.services_by_cluster.keys(cluster)) {
    const model::Service& service = *context.state.services.find(key);
    if (service.status != "INACTIVE" && std::ranges::any_of(service.capacity_strategy, [&](const auto& share) {
          return share.provider == provider;
        })) {
      return true;
    }
  }
  return std::ranges::any_of(context.state.tasks_by_cluster.keys(cluster), [&](const std::string& id) {
    const model::Task& task = *context.state.tasks.find(id);
    return !task.stopped() && task.capacity_provider == provider;
  });
}

}  // namespace

Result<op::CreateCapacityProvider::Output> create_capacity_provider(Context& context,
                                                                    const op::CreateCapacityProvider::Input& in) {
  if (in.managed_instances_provider) {
    return fail("UnsupportedFeatureException",
                "This engine does not serve managed instances. Use autoScalingGroupProvider instead.");
  }
  TRY_VOID(check_provider_name(*in.name));
  if (find_provider(context, *in.name)) {
    return fail("InvalidParameterException",
                "The specified capacity provider already exists. To change the configuration of an existing capacity "
                "provider, update the capacity provider.");
  }
  if (!in.auto_scaling_group_provider) {
    return fail("InvalidParameterException", "An Auto Scaling group provider must be specified (autoScalingGroupProvider).");
  }
  const auto& given = *in.auto_scaling_group_provider;
  const model::AutoScalingGroup* group = group_by_arn(context, *given.auto_scaling_group_arn);
  if (!group) {
    return fail("InvalidParameterException", "The specified Auto Scaling group ARN '" + *given.auto_scaling_group_arn +
                                                 "' does not exist. Specify a valid ARN and try again.");
  }
  for (const auto& [name, other] : context.state.capacity_providers.all()) {
    if (other.status == "ACTIVE" && other.group == group->name) {
      return fail("InvalidParameterException",
                  "The specified Auto Scaling group ARN is already being used by another capacity provider. Specify a unique "
                  "Auto Scaling group ARN and try again.");
    }
  }
  model::CapacityProvider provider;
  provider.name = *in.name;
  provider.arn = make_arn(context.account, "ecs", "capacity-provider/" + provider.name);
  provider.group = group->name;
  provider.group_arn = group->arn;
  TRY_VOID(use_settings(provider, given, group));
  provider.created_at = context.now;
  TRY(provider.tags, read_tags(in.tags));
  mark_group(context, provider);
  op::CreateCapacityProvider::Output out;
  out.capacity_provider = render_provider(context, provider, true);
  context.state.capacity_providers.put(std::move(provider));
  return out;
}

Result<op::UpdateCapacityProvider::Output> update_capacity_provider(Context& context,
                                                                    const op::UpdateCapacityProvider::Input& in) {
  const model::CapacityProvider* found = find_provider(context, *in.name);
  if (!found) return unknown_provider(*in.name);
  model::CapacityProvider provider = *found;
  if (in.auto_scaling_group_provider) {
    TRY_VOID(use_settings(provider, *in.auto_scaling_group_provider,
                          context.state.auto_scaling_groups.find(provider.group)));
  }
  provider.update_status = "UPDATE_COMPLETE";
  const std::string name = provider.name, cluster = provider.cluster;
  mark_group(context, provider);
  context.state.capacity_providers.put(std::move(provider));
  if (!cluster.empty()) attach_provider(context, name, cluster);  // policy and alarms follow the new settings
  op::UpdateCapacityProvider::Output out;
  out.capacity_provider = render_provider(context, *context.state.capacity_providers.find(name), true);
  return out;
}

Result<op::DeleteCapacityProvider::Output> delete_capacity_provider(Context& context,
                                                                    const op::DeleteCapacityProvider::Input& in) {
  const std::string name(short_name(*in.capacity_provider));
  if (model::is_fargate(name)) {
    return fail("InvalidParameterException", "The capacity provider " + name + " is reserved and cannot be deleted.");
  }
  const model::CapacityProvider* found = find_provider(context, name);
  if (!found) return unknown_provider(name);
  if (!found->cluster.empty()) {
    return fail("InvalidParameterException", "The capacity provider cannot be deleted because it is associated with cluster: " +
                                                 found->cluster +
                                                 ". Remove the capacity provider from the cluster and try again.");
  }
  context.state.auto_scaling_groups.update(std::string(found->group), [](model::AutoScalingGroup& group) {
    std::erase_if(group.hooks, [](const auto& hook) { return hook.name == control::kDrainingHook; });
  });
  context.state.capacity_providers.update(name, [](model::CapacityProvider& record) {
    record.status = "INACTIVE";
    record.update_status = "DELETE_COMPLETE";
  });
  op::DeleteCapacityProvider::Output out;
  out.capacity_provider = render_provider(context, *context.state.capacity_providers.find(name), true);
  return out;
}

Result<op::DescribeCapacityProviders::Output> describe_capacity_providers(
    Context& context, const op::DescribeCapacityProviders::Input& in) {
  op::DescribeCapacityProviders::Output out;
  auto& shown = out.capacity_providers.emplace();
  auto& failures = out.failures.emplace();
  const bool tags = asks_for_tags(in.include);
  const std::vector<std::string> names = in.capacity_providers.value_or(std::vector<std::string>());
  if (!names.empty()) {
    for (const std::string& name : names) {
      const std::string wanted(short_name(name));
      if (model::is_fargate(wanted)) {
        shown.push_back(render_fargate(context, wanted));
      } else if (const auto* found = context.state.capacity_providers.find(wanted)) {
        shown.push_back(render_provider(context, *found, tags));
      } else {
        failures.push_back({.arn = make_arn(context.account, "ecs", "capacity-provider/" + wanted), .reason = "MISSING"});
      }
    }
    return out;
  }
  TRY(const std::size_t size, page_size(in.max_results, {.most = 10}));
  TRY(Page page, Page::open(in.next_token, size, kInvalidToken));
  for (const char* name : kFargateProviders) {
    if (page.take(std::string(" ") + name)) shown.push_back(render_fargate(context, name));
  }
  for (const auto& [name, provider] : context.state.capacity_providers.all()) {
    if (provider.status == "ACTIVE" && page.take(name)) shown.push_back(render_provider(context, provider, tags));
  }
  out.next_token = page.next_token();
  return out;
}

Result<op::PutClusterCapacityProviders::Output> put_cluster_capacity_providers(
    Context& context, const op::PutClusterCapacityProviders::Input& in) {
  TRY(const model::Cluster* found, find_cluster(context, in.cluster));
  const std::string name = found->name;
  TRY_VOID(set_cluster_providers(context, name, *in.capacity_providers, *in.default_capacity_provider_strategy));
  op::PutClusterCapacityProviders::Output out;
  out.cluster = render_cluster(context, *context.state.clusters.find(name),
                               {.attachments = true, .configurations = false, .settings = true, .statistics = false, .tags = true});
  return out;
}

Result<void> set_cluster_providers(Context& context, const std::string& cluster_name,
                                   const std::vector<std::string>& wanted,
                                   const std::vector<api::ecs::CapacityProviderStrategyItem>& strategy) {
  model::Cluster cluster = *context.state.clusters.find(cluster_name);
  const std::vector<std::string> before = cluster.capacity_providers;
  cluster.capacity_providers.clear();
  for (const std::string& given : wanted) {
    const std::string name(short_name(given));
    if (std::ranges::count(cluster.capacity_providers, name) > 0) continue;
    if (!model::is_fargate(name)) {
      const model::CapacityProvider* provider = find_provider(context, name);
      if (!provider) return unknown_provider(name);
      if (!provider->cluster.empty() && provider->cluster != cluster_name) {
        return fail("InvalidParameterException",
                    "This engine lets one cluster at a time use a capacity provider: '" + name + "' belongs to cluster " +
                        provider->cluster + ". Create another capacity provider for this cluster.");
      }
    }
    cluster.capacity_providers.push_back(name);
  }
  for (const std::string& name : before) {
    if (std::ranges::count(cluster.capacity_providers, name) > 0) continue;
    if (in_use(context, name, cluster_name)) {
      return fail("ResourceInUseException", "The specified capacity provider is in use and cannot be removed.");
    }
    if (!model::is_fargate(name)) detach_provider(context, name);
  }
  TRY(cluster.default_strategy, read_strategy(cluster, strategy));
  const std::vector<std::string> now = cluster.capacity_providers;
  context.state.clusters.put(std::move(cluster));
  for (const std::string& name : now) {
    if (!model::is_fargate(name)) attach_provider(context, name, cluster_name);
  }
  return {};
}

}  // namespace services::ecs

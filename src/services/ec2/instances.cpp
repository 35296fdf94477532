// Instances: launched by RunInstances here, by their group in control; both live the same life afterwards.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "api/document.h"
#include "services/client_token.h"
#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/launch_data.h"
#include "services/ec2/lookup.h"
#include "services/ec2/show_instance.h"
#include "services/ec2/tags.h"

namespace services::ec2 {
namespace {

/// Free addresses for so many nodes; fewer if the plan has no more.
std::vector<std::string> free_node_addresses(const Context& context, int count) {
  std::set<std::string> used;
  for (const auto& [id, instance] : context.state.instances.all()) {
    if (instance.state != "terminated") used.insert(instance.address);
  }
  std::vector<std::string> found;
  for (int index = 0; index < AddressPlan::kNodes && static_cast<int>(found.size()) < count; ++index) {
    std::string address = context.addresses.node(index);
    if (!used.contains(address)) found.push_back(std::move(address));
  }
  return found;
}

/// The one named, else the default one of the zone named, else the first default one.
Result<const model::Subnet*> subnet_for(const Context& context, const op::RunInstances::Input& in) {
  std::optional<std::string> id = in.subnet_id;
  if (!id && in.network_interfaces && !in.network_interfaces->empty()) id = in.network_interfaces->front().subnet_id;
  if (id) {
    if (const auto* found = context.state.subnets.find(*id)) return found;
    return fail("InvalidSubnetID.NotFound", fmt::format("The subnet ID '{}' does not exist", *id));
  }
  const std::string zone = in.placement ? in.placement->availability_zone.value_or("") : "";
  const model::Subnet* best = nullptr;
  for (const auto& [key, subnet] : context.state.subnets.all()) {
    if (!subnet.default_for_az || (!zone.empty() && subnet.availability_zone != zone)) continue;
    if (!best || subnet.availability_zone < best->availability_zone) best = &subnet;
  }
  if (best) return best;
  return fail("InvalidParameterValue", fmt::format("Invalid availability zone: [{}]", zone));
}

api::ec2::Reservation reservation(const Context& context, const std::string& id) {
  api::ec2::Reservation shown;
  shown.reservation_id = id;
  shown.owner_id = context.account.id;
  shown.groups.emplace();
  shown.instances.emplace();
  return shown;
}

Result<void> refuse_unserved(const op::RunInstances::Input& in) {
  if (in.disable_api_termination.value_or(false) || in.disable_api_stop.value_or(false)) return refuse_protection();
  if (in.instance_market_options) {
    return fail("UnsupportedOperation", "This engine does not serve Spot instances and capacity blocks.");
  }
  return {};
}

}  // namespace

Answer<op::RunInstances> run_instances(Context& context, const op::RunInstances::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY_VOID(refuse_unserved(in));
  if (*in.min_count < 1 || *in.max_count < *in.min_count) {
    return fail("InvalidParameterValue", fmt::format("Invalid value '{}' for maxCount. It must be at least minCount ({}), "
                                                     "and that at least 1",
                                                     *in.max_count, *in.min_count));
  }
  const auto mark = request_mark(in);
  if (mark) {  // asked again: the same answer
    op::RunInstances::Output again;
    for (const auto& [id, instance] : context.state.instances.all()) {
      if (instance.client_token != *in.client_token) continue;
      const std::string kept = mark_of(instance.document);  // none in an older state
      if (!kept.empty() && kept != mark->text()) return mismatch_of_token();
      if (!again.reservation_id) again = reservation(context, reservation_of(instance));
      again.instances->push_back(show_instance(context, instance));
    }
    if (again.reservation_id) return again;
  }

  model::Instance instance;
  api::ec2::RequestLaunchTemplateData data;
  model::LaunchTemplateVersion settings;
  if (in.launch_template) {
    TRY(const model::LaunchTemplate* found,
        find_launch_template(context, in.launch_template->launch_template_id, in.launch_template->launch_template_name));
    TRY(const model::LaunchTemplateVersion* version, find_version(*found, in.launch_template->version.value_or("")));
    data = api::from_document<api::ec2::RequestLaunchTemplateData>(version->document);
    instance.launch_template_id = found->id;
    instance.launch_template_version = version->number;
  }
  // RunInstances names its members as launch template data does; what it gives goes before the template's.
  op::RunInstances::Input given = in;
  given.tag_specifications.reset();
  api::from_document(api::ec2::descriptor(&data), api::to_document(given), &data);
  TRY_VOID(keep_launch_data(context, settings, data));
  TRY_VOID(check_launchable(context, settings));
  TRY(const model::Tags tags,
      read_tags(in.tag_specifications, "instance", {"volume", "network-interface", "spot-instances-request"}));
  instance.tags = settings.instance_tags;
  for (const model::Tag& tag : tags) {
    std::erase_if(instance.tags, [&](const model::Tag& present) { return present.key == tag.key; });
    instance.tags.push_back(tag);
  }
  TRY(const model::Subnet* subnet, subnet_for(context, in));
  const std::vector<std::string> addresses = free_node_addresses(context, *in.max_count);
  if (static_cast<int>(addresses.size()) < *in.min_count) {
    return fail("InstanceLimitExceeded",
                fmt::format("This engine has addresses for {} instances; {} are left.", AddressPlan::kNodes, addresses.size()));
  }

  instance.instance_type = settings.instance_type;
  instance.image_id = settings.image_id;
  instance.user_data = settings.user_data;
  instance.security_groups = settings.security_groups;
  instance.document = mark ? with_mark(settings.document, mark->text()) : settings.document;
  instance.availability_zone = subnet->availability_zone;
  instance.subnet_id = subnet->id;
  instance.vpc_id = subnet->vpc_id;
  instance.launched_at = context.now;
  instance.reservation_id = "r-" + context.random.hex(17);
  instance.client_token = in.client_token.value_or("");
  op::RunInstances::Output out = reservation(context, instance.reservation_id);
  for (const std::string& address : addresses) {
    model::Instance one = instance;
    one.id = "i-" + context.random.hex(17);
    one.address = address;
    out.instances->push_back(show_instance(context, one));
    out.instances->back().ami_launch_index = static_cast<int>(out.instances->size()) - 1;
    context.state.instances.put(std::move(one));
  }
  return out;
}

Answer<op::TerminateInstances> terminate_instances(Context& context, const op::TerminateInstances::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  op::TerminateInstances::Output out;
  auto& shown = out.terminating_instances.emplace();
  for (const std::string& id : *in.instance_ids) {
    TRY(const model::Instance* found, find_instance(context, id));
    auto& change = shown.emplace_back();
    change.instance_id = id;
    change.previous_state = show_state(found->state);
    if (found->state != "terminated" && found->state != "shutting-down") {
      context.state.instances.update(id, [&](model::Instance& instance) {
        instance.state = "shutting-down";
        instance.shutdown_at = context.now;
        instance.state_reason = "Client.UserInitiatedShutdown";
      });
    }
    change.current_state = show_state(context.state.instances.find(id)->state);
  }
  return out;
}

Answer<op::DescribeInstances> describe_instances(Context& context, const op::DescribeInstances::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  constexpr int kMostInstances = 1000;
  std::set<std::string> named;
  for (const std::string& id : in.instance_ids.value_or(std::vector<std::string>())) {
    TRY_VOID(find_instance(context, id));
    named.insert(id);
  }
  if (!named.empty() && in.max_results) {
    return fail("InvalidParameterCombination",
                "The parameter instancesSet cannot be used with the parameter maxResults");
  }
  op::DescribeInstances::Output out;
  auto& reservations = out.reservations.emplace();
  std::map<std::string, std::size_t> place;
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostInstances)), kInvalidToken));
  for (const auto& [id, instance] : context.state.instances.all()) {
    if (!named.empty() && !named.contains(id)) continue;
    if (in.filters && !in.filters->empty()) {
      TRY(const bool passed, passes(in.filters, facts_of_instance(context, instance), all_tags(instance)));
      if (!passed) continue;
    }
    if (page.take(id)) {
      const auto [found, fresh] = place.emplace(reservation_of(instance), reservations.size());
      if (fresh) reservations.push_back(reservation(context, found->first));
      reservations[found->second].instances->push_back(show_instance(context, instance));
    }
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::ec2

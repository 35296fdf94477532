// What of an instance is asked for and changed one attribute at a time, and the CPU credits of burstable ones.
#include <algorithm>

#include "api/document.h"
#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/instance_type_info.h"
#include "services/ec2/lookup.h"
#include "services/ec2/show_instance.h"

namespace services::ec2 {
namespace {

using Attributes = op::DescribeInstanceAttribute::Output;

/// What an instance is shown with, and what only its launch said.
struct Described {
  api::ec2::Instance shown;
  api::ec2::ResponseLaunchTemplateData launch;
  std::string user_data;
};

/// An attribute that has no value is there and empty.
api::ec2::AttributeValue text_of(const std::optional<std::string>& value) {
  api::ec2::AttributeValue out;
  if (value && !value->empty()) out.value = value;
  return out;
}
api::ec2::AttributeBooleanValue flag_of(const std::optional<bool>& value) {
  api::ec2::AttributeBooleanValue out;
  out.value = value.value_or(false);
  return out;
}

struct Attribute {
  std::string_view name;
  void (*show)(const Described& instance, Attributes& out);
};
constexpr Attribute kAttributes[] = {
    {"instanceType", [](const Described& d, Attributes& out) { out.instance_type = text_of(d.shown.instance_type); }},
    {"kernel", [](const Described&, Attributes& out) { out.kernel_id.emplace(); }},
    {"ramdisk", [](const Described&, Attributes& out) { out.ramdisk_id.emplace(); }},
    {"userData", [](const Described& d, Attributes& out) { out.user_data = text_of(d.user_data); }},
    {"disableApiTermination", [](const Described&, Attributes& out) { out.disable_api_termination = flag_of(false); }},
    {"disableApiStop", [](const Described&, Attributes& out) { out.disable_api_stop = flag_of(false); }},
    {"instanceInitiatedShutdownBehavior",
     [](const Described& d, Attributes& out) {
       const auto& given = d.launch.instance_initiated_shutdown_behavior;
       out.instance_initiated_shutdown_behavior = text_of(given.value_or("stop"));
     }},
    {"rootDeviceName",
     [](const Described& d, Attributes& out) { out.root_device_name = text_of(d.shown.root_device_name); }},
    {"blockDeviceMapping",
     [](const Described& d, Attributes& out) { out.block_device_mappings = d.shown.block_device_mappings; }},
    {"productCodes", [](const Described& d, Attributes& out) { out.product_codes = d.shown.product_codes; }},
    {"sourceDestCheck",
     [](const Described& d, Attributes& out) { out.source_dest_check = flag_of(d.shown.source_dest_check); }},
    {"groupSet", [](const Described& d, Attributes& out) { out.groups = d.shown.security_groups; }},
    {"ebsOptimized", [](const Described& d, Attributes& out) { out.ebs_optimized = flag_of(d.shown.ebs_optimized); }},
    {"sriovNetSupport", [](const Described&, Attributes& out) { out.sriov_net_support = text_of("simple"); }},
    {"enaSupport", [](const Described& d, Attributes& out) { out.ena_support = flag_of(d.shown.ena_support); }},
    {"enclaveOptions", [](const Described&, Attributes& out) { out.enclave_options.emplace().enabled = false; }},
};

api::ec2::ResponseLaunchTemplateData launch_of(const model::Instance& instance) {
  return api::from_document<api::ec2::ResponseLaunchTemplateData>(instance.document);
}

/// As given at the launch, else its family's default.
std::string cpu_credits(const model::Instance& instance) {
  const auto launch = launch_of(instance);
  const std::string usual = instance.instance_type.starts_with("t2.") ? "standard" : "unlimited";
  return launch.credit_specification ? launch.credit_specification->cpu_credits.value_or(usual) : usual;
}

/// The members of a change besides the two protections, which may be switched off: they never are on.
bool changes_something(const op::ModifyInstanceAttribute::Input& in) {
  return in.source_dest_check || in.enclave_options || in.attribute || in.value || in.block_device_mappings ||
         in.instance_type || in.kernel || in.ramdisk || in.user_data || in.instance_initiated_shutdown_behavior ||
         in.groups || in.ebs_optimized || in.sriov_net_support || in.ena_support;
}

bool is_on(const std::optional<api::ec2::AttributeBooleanValue>& flag) { return flag && flag->value.value_or(false); }

}  // namespace

Answer<op::DescribeInstanceAttribute> describe_instance_attribute(Context& context,
                                                                  const op::DescribeInstanceAttribute::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::Instance* instance, find_instance(context, *in.instance_id));
  op::DescribeInstanceAttribute::Output out;
  out.instance_id = instance->id;
  const Described described{show_instance(context, *instance), launch_of(*instance), instance->user_data};
  const auto attribute = std::ranges::find(kAttributes, *in.attribute, &Attribute::name);
  if (attribute != std::end(kAttributes)) attribute->show(described, out);
  return out;
}

Answer<op::ModifyInstanceAttribute> modify_instance_attribute(Context& context,
                                                              const op::ModifyInstanceAttribute::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY_VOID(find_instance(context, *in.instance_id));
  if (changes_something(in)) {
    return fail("UnsupportedOperation", "This engine does not change attributes of single instances; launch another one.");
  }
  if (is_on(in.disable_api_termination) || is_on(in.disable_api_stop)) return refuse_protection();
  return {};
}

Answer<op::DescribeInstanceCreditSpecifications> describe_instance_credit_specifications(
    Context& context, const op::DescribeInstanceCreditSpecifications::Input& in) {
  constexpr int kMostInstances = 1000;
  TRY_VOID(check_dry_run(in.dry_run));
  const std::vector<std::string> wanted = in.instance_ids.value_or(std::vector<std::string>());
  for (const std::string& id : wanted) TRY_VOID(find_instance(context, id));
  op::DescribeInstanceCreditSpecifications::Output out;
  auto& shown = out.instance_credit_specifications.emplace();
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostInstances)), kInvalidToken));
  for (const auto& [id, instance] : context.state.instances.all()) {
    const bool is_wanted = wanted.empty() || std::ranges::find(wanted, id) != wanted.end();
    if (!is_wanted || !instance.alive() || !is_burstable(instance.instance_type)) continue;
    TRY(const bool passed, passes(in.filters, {{"instance-id", {id}}}, {}));
    if (passed && page.take(id)) shown.push_back({.instance_id = id, .cpu_credits = cpu_credits(instance)});
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::ec2

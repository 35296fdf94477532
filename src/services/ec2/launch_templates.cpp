#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "api/document.h"
#include "model/launch_configuration.h"
#include "services/client_token.h"
#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/launch_data.h"
#include "services/ec2/lookup.h"
#include "services/ec2/tags.h"

namespace services::ec2 {
namespace {

std::string creator(const Context& context) { return fmt::format("arn:aws:iam::{}:root", context.account.id); }

api::ec2::LaunchTemplate show_launch_template(const Context& context, const model::LaunchTemplate& record) {
  api::ec2::LaunchTemplate shown;
  shown.launch_template_id = record.id;
  shown.launch_template_name = record.name;
  shown.create_time = api::Timestamp{to_ms(record.created_at)};
  shown.created_by = creator(context);
  shown.default_version_number = record.default_version;
  shown.latest_version_number = record.latest_version;
  shown.tags = show_tags(record.tags);
  return shown;
}

api::ec2::LaunchTemplateVersion show_version(const Context& context, const model::LaunchTemplate& record,
                                             const model::LaunchTemplateVersion& version) {
  api::ec2::LaunchTemplateVersion shown;
  shown.launch_template_id = record.id;
  shown.launch_template_name = record.name;
  shown.version_number = version.number;
  if (!version.description.empty()) shown.version_description = version.description;
  shown.create_time = api::Timestamp{to_ms(version.created_at)};
  shown.created_by = creator(context);
  shown.default_version = version.number == record.default_version;
  // Request and response name their members alike.
  shown.launch_template_data = api::from_document<api::ec2::ResponseLaunchTemplateData>(version.document);
  return shown;
}

std::vector<Fact> facts_of_version(const model::LaunchTemplate& record, const model::LaunchTemplateVersion& version) {
  const auto data = api::from_document<api::ec2::ResponseLaunchTemplateData>(version.document);
  const auto profile =
      data.iam_instance_profile.value_or(api::ec2::LaunchTemplateIamInstanceProfileSpecification());
  const auto metadata = data.metadata_options.value_or(api::ec2::LaunchTemplateInstanceMetadataOptions());
  std::vector<Fact> facts = {{"image-id", {version.image_id}},
                             {"instance-type", {version.instance_type}},
                             {"is-default-version", {version.number == record.default_version ? "true" : "false"}},
                             {"create-time", {to_iso8601(version.created_at)}},
                             {"ebs-optimized", values_of(data.ebs_optimized)},
                             {"http-endpoint", values_of(metadata.http_endpoint)},
                             {"http-tokens", values_of(metadata.http_tokens)},
                             {"iam-instance-profile", values_of(profile.arn ? profile.arn : profile.name)},
                             {"kernel-id", values_of(data.kernel_id)},
                             {"ram-disk-id", values_of(data.ram_disk_id)}};
  add_without_values(facts,
                     {"host-resource-group-arn", "http-protocol-ipv4", "license-configuration-arn", "network-card-index"});
  return facts;
}

Result<void> check_template_name(const std::string& name) {
  constexpr std::size_t kShortest = 3, kLongest = 128;
  const bool plain = std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("()./_-").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain && name.size() >= kShortest && name.size() <= kLongest) return {};
  return fail("InvalidLaunchTemplateName.MalformedException",
              fmt::format("The specified launch template name, {}, is not valid. It must be 3 to 128 letters, numbers and "
                          "the characters ( ) . / _ -",
                          name));
}

/// The version that a request with this token made; none if it is a new one. The first is CreateLaunchTemplate's, the
/// others are CreateLaunchTemplateVersion's: a token counts for one action.
Result<const model::LaunchTemplateVersion*> made_before(const model::LaunchTemplate& launch_template, bool first,
                                                        const std::optional<RequestMark>& mark) {
  if (!mark) return nullptr;
  for (const auto& version : launch_template.versions) {
    if ((version.number == 1) != first) continue;
    const std::string kept = mark_of(version.document);
    if (!kept.starts_with(mark->token)) continue;
    if (kept != mark->text()) return mismatch_of_token();
    return &version;
  }
  return nullptr;
}

std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

Answer<op::CreateLaunchTemplate> create_launch_template(Context& context, const op::CreateLaunchTemplate::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY_VOID(check_template_name(*in.launch_template_name));
  const auto mark = request_mark(in);
  for (const auto& [id, other] : context.state.launch_templates.all()) {
    TRY(const model::LaunchTemplateVersion* before, made_before(other, true, mark));
    if (before) {  // asked again: the same answer
      op::CreateLaunchTemplate::Output again;
      again.launch_template = show_launch_template(context, other);
      return again;
    }
  }
  for (const auto& [id, other] : context.state.launch_templates.all()) {
    if (other.name == *in.launch_template_name) {
      return fail("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.");
    }
  }
  model::LaunchTemplate record;
  record.name = *in.launch_template_name;
  record.created_at = context.now;
  TRY(record.tags, read_tags(in.tag_specifications, "launch-template"));
  auto& version = record.versions.emplace_back();
  version.description = in.version_description.value_or("");
  version.created_at = context.now;
  TRY_VOID(keep_launch_data(context, version, *in.launch_template_data));
  if (mark) version.document = with_mark(version.document, mark->text());
  record.id = "lt-" + context.random.hex(17);
  op::CreateLaunchTemplate::Output out;
  out.launch_template = show_launch_template(context, record);
  context.state.launch_templates.put(std::move(record));
  return out;
}

Answer<op::CreateLaunchTemplateVersion> create_launch_template_version(
    Context& context, const op::CreateLaunchTemplateVersion::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::LaunchTemplate* found, find_launch_template(context, in.launch_template_id, in.launch_template_name));
  const auto mark = request_mark(in);
  TRY(const model::LaunchTemplateVersion* before, made_before(*found, false, mark));
  if (before) {  // asked again: the same answer
    op::CreateLaunchTemplateVersion::Output again;
    again.launch_template_version = show_version(context, *found, *before);
    return again;
  }
  model::LaunchTemplate record = *found;
  api::ec2::RequestLaunchTemplateData data;
  if (in.source_version) {
    TRY(const model::LaunchTemplateVersion* source, find_version(record, *in.source_version));
    data = api::from_document<api::ec2::RequestLaunchTemplateData>(source->document);
  }
  // What is given replaces what the source version has, member by member.
  const std::string given = api::to_document(*in.launch_template_data);
  api::from_document(api::ec2::descriptor(&data), given, &data);
  model::LaunchTemplateVersion version;
  version.number = ++record.latest_version;
  version.description = in.version_description.value_or("");
  version.created_at = context.now;
  TRY_VOID(keep_launch_data(context, version, data));
  if (mark) version.document = with_mark(version.document, mark->text());
  op::CreateLaunchTemplateVersion::Output out;
  out.launch_template_version = show_version(context, record, version);
  record.versions.push_back(std::move(version));
  context.state.launch_templates.put(std::move(record));
  return out;
}

Answer<op::ModifyLaunchTemplate> modify_launch_template(Context& context, const op::ModifyLaunchTemplate::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::LaunchTemplate* found, find_launch_template(context, in.launch_template_id, in.launch_template_name));
  model::LaunchTemplate record = *found;
  if (in.default_version) {
    TRY(const model::LaunchTemplateVersion* version, find_version(record, *in.default_version));
    record.default_version = version->number;
  }
  op::ModifyLaunchTemplate::Output out;
  out.launch_template = show_launch_template(context, record);
  context.state.launch_templates.put(std::move(record));
  return out;
}

Answer<op::DeleteLaunchTemplate> delete_launch_template(Context& context, const op::DeleteLaunchTemplate::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::LaunchTemplate* found, find_launch_template(context, in.launch_template_id, in.launch_template_name));
  op::DeleteLaunchTemplate::Output out;
  out.launch_template = show_launch_template(context, *found);
  context.state.launch_templates.erase(*out.launch_template->launch_template_id);
  return out;
}

Answer<op::DescribeLaunchTemplates> describe_launch_templates(Context& context,
                                                              const op::DescribeLaunchTemplates::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  std::optional<std::vector<std::string>> ids = in.launch_template_ids;
  for (const std::string& id : ids.value_or(std::vector<std::string>())) {
    TRY_VOID(find_launch_template(context, id, std::nullopt));
  }
  for (const std::string& name : in.launch_template_names.value_or(std::vector<std::string>())) {
    TRY(const model::LaunchTemplate* found, find_launch_template(context, std::nullopt, name));
    if (!ids) ids.emplace();
    ids->push_back(found->id);
  }
  op::DescribeLaunchTemplates::Output out;
  auto& shown = out.launch_templates.emplace();
  TRY(out.next_token,
      describe(
          context.state.launch_templates,
          {ids, in.filters, in.next_token, in.max_results, "InvalidLaunchTemplateId.NotFound",
           "The specified launch template, with template ID {}, does not exist."},
          [&](const model::LaunchTemplate& record) {
            return std::vector<Fact>{{"launch-template-name", {record.name}}, {"create-time", {to_iso8601(record.created_at)}}};
          },
          [&](const model::LaunchTemplate& record) {
            if (!model::is_launch_configuration(record.id)) shown.push_back(show_launch_template(context, record));
          }));
  return out;
}

Answer<op::DescribeLaunchTemplateVersions> describe_launch_template_versions(
    Context& context, const op::DescribeLaunchTemplateVersions::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  constexpr int kMostVersions = 200;
  op::DescribeLaunchTemplateVersions::Output out;
  auto& shown = out.launch_template_versions.emplace();
  const std::vector<std::string> wanted = in.versions.value_or(std::vector<std::string>());
  if (!in.launch_template_id && !in.launch_template_name) {
    // $Latest and $Default of all templates can be asked for without naming one.
    if (wanted.empty() || std::ranges::any_of(wanted, [](const auto& version) { return !version.starts_with('$'); })) {
      return fail("MissingParameter", "The request must contain the parameter launchTemplateId or launchTemplateName");
    }
    for (const auto& [id, record] : context.state.launch_templates.all()) {
      if (model::is_launch_configuration(id)) continue;
      for (const std::string& version : wanted) {
        if (const auto* found = record.version(version)) shown.push_back(show_version(context, record, *found));
      }
    }
    return out;
  }
  TRY(const model::LaunchTemplate* record, find_launch_template(context, in.launch_template_id, in.launch_template_name));
  std::set<std::int64_t> numbers;
  for (const std::string& version : wanted) {
    TRY(const model::LaunchTemplateVersion* found, find_version(*record, version));
    numbers.insert(found->number);
  }
  const auto lowest = in.min_version ? number_of(*in.min_version) : std::nullopt;
  const auto highest = in.max_version ? number_of(*in.max_version) : std::nullopt;
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostVersions)), kInvalidToken));
  for (auto version = record->versions.rbegin(); version != record->versions.rend(); ++version) {  // newest first
    if (!numbers.empty() && !numbers.contains(version->number)) continue;
    if ((lowest && version->number < *lowest) || (highest && version->number > *highest)) continue;
    TRY(const bool passed, passes(in.filters, facts_of_version(*record, *version), {}));
    if (!passed) continue;
    const std::string key = fmt::format("{:020}", std::numeric_limits<std::int64_t>::max() - version->number);
    if (page.take(key)) shown.push_back(show_version(context, *record, *version));
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::ec2

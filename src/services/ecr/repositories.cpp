#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "services/ecr/handlers.h"
#include "services/ecr/images.h"
#include "services/ecr/lookup.h"
#include "services/page.h"

namespace services::ecr {
namespace {

api::ecr::Repository show_repository(const Context& context, const model::Repository& repository) {
  api::ecr::Repository shown;
  shown.repository_arn = repository.arn;
  shown.registry_id = context.account.id;
  shown.repository_name = repository.name;
  shown.repository_uri = repository.uri;
  shown.created_at = api::Timestamp{to_ms(repository.created_at)};
  shown.image_tag_mutability = repository.tag_mutability;
  shown.image_scanning_configuration.emplace().scan_on_push = repository.scan_on_push;
  shown.encryption_configuration.emplace().encryption_type = "AES256";
  return shown;
}

/// Lower-case words joined by one of . _ - (or __, or more -) and slashes, as in image names.
bool valid_repository_name(const std::string& name) {
  constexpr std::size_t kShortest = 2, kLongest = 256;
  if (name.size() < kShortest || name.size() > kLongest) return false;
  const auto word = [](unsigned char c) { return std::isdigit(c) != 0 || (c >= 'a' && c <= 'z'); };
  if (!word(static_cast<unsigned char>(name.front())) || !word(static_cast<unsigned char>(name.back()))) return false;
  for (std::size_t i = 1; i + 1 < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (word(c)) continue;
    const bool after_word = word(static_cast<unsigned char>(name[i - 1]));
    if ((c == '.' || c == '/') && !after_word) return false;
    if (c == '_' && !after_word && !(name[i - 1] == '_' && i > 1 && word(static_cast<unsigned char>(name[i - 2])))) {
      return false;
    }
    if (c == '-' && !after_word && name[i - 1] != '-') return false;
    if (std::string_view("./_-").find(static_cast<char>(c)) == std::string_view::npos) return false;
  }
  return true;
}

Result<void> check_mutability(const std::string& mutability) {
  if (mutability == "MUTABLE" || mutability == "IMMUTABLE") return {};
  return fail("InvalidParameterException",
              fmt::format("The tag mutability '{}' is not served by this engine; use MUTABLE or IMMUTABLE.", mutability));
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out.push_back(i + j > bytes.size() ? '=' : kDigits[group >> (18 - 6 * j) & 63]);
    }
  }
  return out;
}

}  // namespace

Answer<op::CreateRepository> create_repository(Context& context, const op::CreateRepository::Input& in) {
  const std::string& name = *in.repository_name;
  if (!valid_repository_name(name)) {
    return fail("InvalidParameterException",
                fmt::format("Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular "
                            "expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*'' ({})",
                            name));
  }
  if (in.registry_id && *in.registry_id != context.account.id) {
    return fail("InvalidParameterException", fmt::format("This engine has the registry {} only.", context.account.id));
  }
  if (context.state.repositories.find(name)) {
    return fail("RepositoryAlreadyExistsException",
                fmt::format("The repository with name '{}' already exists in the registry with id '{}'", name,
                            context.account.id));
  }
  if (in.encryption_configuration && in.encryption_configuration->encryption_type.value_or("AES256") != "AES256") {
    return fail("InvalidParameterException", "This engine does not encrypt images with KMS keys; use AES256.");
  }
  if (in.image_tag_mutability_exclusion_filters && !in.image_tag_mutability_exclusion_filters->empty()) {
    return fail("InvalidParameterException", "This engine does not serve exclusions from tag mutability.");
  }
  model::Repository repository;
  repository.name = name;
  repository.tag_mutability = in.image_tag_mutability.value_or("MUTABLE");
  TRY_VOID(check_mutability(repository.tag_mutability));
  repository.scan_on_push = in.image_scanning_configuration && in.image_scanning_configuration->scan_on_push.value_or(false);
  TRY_VOID(set_tags(repository.tags, in.tags));
  repository.arn = make_arn(context.account, "ecr", "repository/" + name);
  repository.uri = fmt::format("{}.dkr.ecr.{}.amazonaws.com/{}", context.account.id, context.account.region, name);
  repository.created_at = context.now;
  op::CreateRepository::Output out;
  out.repository = show_repository(context, repository);
  context.state.repositories.put(std::move(repository));
  return out;
}

Answer<op::DescribeRepositories> describe_repositories(Context& context, const op::DescribeRepositories::Input& in) {
  constexpr int kMostRepositories = 100;
  op::DescribeRepositories::Output out;
  auto& shown = out.repositories.emplace();
  if (in.repository_names && !in.repository_names->empty()) {
    for (const std::string& name : *in.repository_names) {
      TRY(const model::Repository* found, find_repository(context, in.registry_id, name));
      shown.push_back(show_repository(context, *found));
    }
    return out;
  }
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostRepositories)), kInvalidToken));
  for (const auto& [name, repository] : context.state.repositories.all()) {
    if (page.take(name)) shown.push_back(show_repository(context, repository));
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

Answer<op::DeleteRepository> delete_repository(Context& context, const op::DeleteRepository::Input& in) {
  TRY(const model::Repository* found, find_repository(context, in.registry_id, *in.repository_name));
  op::DeleteRepository::Output out;
  out.repository = show_repository(context, *found);
  if (!in.force.value_or(false) && !images_of(context.state, found->name).empty()) {
    return fail("RepositoryNotEmptyException",
                fmt::format("The repository with name '{}' in registry with id '{}' cannot be deleted because it still contains images",
                            found->name, context.account.id));
  }
  remove_repository(context.state, *in.repository_name);
  return out;
}

Answer<op::PutImageTagMutability> put_image_tag_mutability(Context& context, const op::PutImageTagMutability::Input& in) {
  TRY_VOID(find_repository(context, in.registry_id, *in.repository_name));
  TRY_VOID(check_mutability(*in.image_tag_mutability));
  context.state.repositories.update(*in.repository_name,
                                    [&](model::Repository& one) { one.tag_mutability = *in.image_tag_mutability; });
  op::PutImageTagMutability::Output out;
  out.registry_id = context.account.id;
  out.repository_name = in.repository_name;
  out.image_tag_mutability = in.image_tag_mutability;
  return out;
}

Answer<op::PutImageScanningConfiguration> put_image_scanning_configuration(
    Context& context, const op::PutImageScanningConfiguration::Input& in) {
  TRY_VOID(find_repository(context, in.registry_id, *in.repository_name));
  const bool scan = in.image_scanning_configuration->scan_on_push.value_or(false);
  context.state.repositories.update(*in.repository_name, [&](model::Repository& one) { one.scan_on_push = scan; });
  op::PutImageScanningConfiguration::Output out;
  out.registry_id = context.account.id;
  out.repository_name = in.repository_name;
  out.image_scanning_configuration.emplace().scan_on_push = scan;
  return out;
}

Answer<op::GetAuthorizationToken> get_authorization_token(Context& context, const op::GetAuthorizationToken::Input&) {
  constexpr Duration kValid = hours(12);
  op::GetAuthorizationToken::Output out;
  auto& data = out.authorization_data.emplace().emplace_back();
  const Instant until = context.now + kValid;
  // Without --auth the registry takes any password.
  data.authorization_token =
      base64("AWS:" + (context.registry_password ? context.registry_password(until) : context.random.hex(64)));
  data.expires_at = api::Timestamp{to_ms(until)};
  data.proxy_endpoint = context.endpoint;
  return out;
}

}  // namespace services::ecr

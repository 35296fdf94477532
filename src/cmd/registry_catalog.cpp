#include "cmd/registry_catalog.h"

#include <algorithm>

#include "registry/image_name.h"
#include "services/ecr/images.h"

namespace cmd {

namespace ecr = services::ecr;

namespace {

constexpr Duration kTouchEvery = hours(1);  // a record written for each question would cost more than it tells

/// AWS's error as clients of the distribution API expect it.
Error oci_error(const Error& error) {
  if (error.code == "ImageTagAlreadyExistsException") return {"TAG_INVALID", error.message};
  if (error.code == "ImageReferencedByManifestList") return {"UNSUPPORTED", error.message};
  return error;
}

}  // namespace

bool RegistryCatalog::has_repository(const std::string& name) const { return state_.repositories.find(name) != nullptr; }

std::vector<std::string> RegistryCatalog::repositories(std::string_view after, std::size_t most) const {
  std::vector<std::string> names;
  const auto& all = state_.repositories.all();
  for (auto at = all.upper_bound(after); at != all.end() && names.size() < most; ++at) names.push_back(at->first);
  return names;
}

std::vector<std::string> RegistryCatalog::tags(const std::string& repository) const {
  std::vector<std::string> tags;
  for (const model::Image* image : ecr::images_of(state_, repository)) {
    tags.insert(tags.end(), image->tags.begin(), image->tags.end());
  }
  std::ranges::sort(tags);
  return tags;
}

const model::Image* RegistryCatalog::find_image(const std::string& repository, std::string_view reference) const {
  return ecr::find_image(state_, repository, reference);
}

std::vector<model::Image> RegistryCatalog::referrers(const std::string& repository, const std::string& digest) const {
  std::vector<model::Image> images;
  for (const std::string& key : state_.images_by_subject.keys(repository + "@" + digest)) {
    images.push_back(*state_.images.find(key));
  }
  return images;
}

std::optional<std::int64_t> RegistryCatalog::find_blob(const std::string& repository, const std::string& digest) const {
  std::string key = repository + "@" + digest;
  if (repository.empty()) {
    const auto& keys = state_.blobs_by_digest.keys(digest);
    if (keys.empty()) return std::nullopt;
    key = *keys.begin();
  }
  const model::RepositoryBlob* blob = state_.repository_blobs.find(key);
  return blob ? std::optional(blob->size) : std::nullopt;
}

std::string RegistryCatalog::user_of(const std::string& repository, const std::string& digest) const {
  const model::Image* user = ecr::user_of(state_, repository, digest);
  return user ? user->digest : std::string();
}

bool RegistryCatalog::is_content(const std::string& digest) const {
  return !state_.images_by_content.keys(digest).empty() || !state_.blobs_by_digest.keys(digest).empty();
}

bool RegistryCatalog::is_in_use(const std::string& digest) const {
  return std::ranges::any_of(state_.tasks.all(), [&](const auto& entry) {
    return entry.second.last_status != "STOPPED" &&
           std::ranges::count(entry.second.containers, digest, &model::Container::image_digest) > 0;
  });
}

/// As for AWS requests: what writes is refused while the disk is full.
Result<void> RegistryCatalog::check_space() const {
  if (const auto refused = state_.store.refusing()) return fail("DISK_FULL", refused->message);
  return {};
}

Result<void> RegistryCatalog::check_tags(const std::string& repository, const std::vector<std::string>& tags,
                                         const std::string& digest) const {
  const model::Repository* found = state_.repositories.find(repository);
  for (const std::string& tag : tags) {
    if (const Result<void> checked = ecr::check_tag(state_, *found, tag, digest); !checked) {
      return tl::unexpected(oci_error(checked.error()));
    }
  }
  return {};
}

Result<void> RegistryCatalog::put_image(model::Image image, const std::vector<std::string>& tags) {
  TRY_VOID(check_space());
  ecr::put_image(state_, std::move(image), tags);
  return {};
}

Result<void> RegistryCatalog::remove_tag(const std::string& repository, const std::string& tag) {
  if (const model::Image* image = ecr::find_image(state_, repository, tag)) ecr::remove_tag(state_, *image, tag);
  return {};
}

Result<void> RegistryCatalog::remove_image(const std::string& repository, const std::string& digest) {
  const model::Image* image = ecr::find_image(state_, repository, digest);
  if (!image) return {};
  if (const Result<void> removed = ecr::remove_image(state_, *image); !removed) return tl::unexpected(oci_error(removed.error()));
  return {};
}

Result<void> RegistryCatalog::add_blob(const std::string& repository, const std::string& digest, std::int64_t size) {
  TRY_VOID(check_space());
  state_.repository_blobs.put({repository, digest, size, clock_.now()});
  return {};
}

void RegistryCatalog::touch_blob(const std::string& repository, const std::string& digest) {
  const std::string key = repository + "@" + digest;
  const model::RepositoryBlob* blob = state_.repository_blobs.find(key);
  if (!blob || blob->wanted_at > clock_.now() - kTouchEvery || !check_space()) return;
  state_.repository_blobs.update(key, [&](model::RepositoryBlob& one) { one.wanted_at = clock_.now(); });
  state_.store.commit();
}

Result<void> RegistryCatalog::remove_blob(const std::string& repository, const std::string& digest) {
  state_.repository_blobs.erase(repository + "@" + digest);
  return {};
}

void RegistryCatalog::lose_blob(const std::string& digest) {
  const std::set<std::string> keys = state_.blobs_by_digest.keys(digest);
  for (const std::string& key : keys) state_.repository_blobs.erase(key);
}

void RegistryCatalog::expire_blobs(Instant before) {
  std::vector<std::string> expired;
  for (const auto& [key, blob] : state_.repository_blobs.all()) {
    if (blob.wanted_at < before && !ecr::user_of(state_, blob.repository, blob.digest)) expired.push_back(key);
  }
  for (const std::string& key : expired) state_.repository_blobs.erase(key);
}

void RegistryCatalog::save(net::Callback<void(Result<void>)> then) {
  if (state_.store.has_pending_writes()) changed_();
  const state::Commit commit = state_.store.commit();
  // shared: std::function must be copyable, what waits here is not.
  state_.store.when_durable(
      commit, [waiting = std::make_shared<net::Callback<void(Result<void>)>>(std::move(then))](Result<void> durable) {
        if (!durable) durable = fail("DISK_FULL", durable.error().message);
        (*waiting)(std::move(durable));
      });
}

std::string resolve_image(const state::State& state, const std::string& image) {
  const auto name = registry::parse_image_name(image);
  if (!name) return {};
  const model::Image* found = ecr::find_image(state, name->repository, name->reference);
  return found ? found->digest : std::string();
}

}  // namespace cmd

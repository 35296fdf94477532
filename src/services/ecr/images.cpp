#include "services/ecr/images.h"

#include <fmt/format.h>

#include <algorithm>

namespace services::ecr {

namespace {

bool of_repository(const std::string& key, const std::string& repository) {
  return key.size() > repository.size() && key.starts_with(repository) && key[repository.size()] == '@';
}

}  // namespace

const model::Image* find_image(const state::State& state, const std::string& repository, std::string_view reference) {
  if (reference.find(':') != std::string_view::npos) return state.images.find(fmt::format("{}@{}", repository, reference));
  const auto& tagged = state.images_by_tag.keys(fmt::format("{}:{}", repository, reference));
  return tagged.empty() ? nullptr : state.images.find(*tagged.begin());
}

std::vector<const model::Image*> images_of(const state::State& state, const std::string& repository) {
  std::vector<const model::Image*> images;
  for (const auto& [key, image] : state.images.range(repository + "@")) images.push_back(&image);
  return images;
}

Result<void> check_tag(const state::State& state, const model::Repository& repository, const std::string& tag,
                       const std::string& digest) {
  if (repository.tag_mutability != "IMMUTABLE") return {};
  const model::Image* tagged = find_image(state, repository.name, tag);
  if (tagged == nullptr || tagged->digest == digest) return {};
  return fail("ImageTagAlreadyExistsException",
              fmt::format("The image tag '{}' already exists in the '{}' repository and cannot be overwritten because the "
                          "tag is immutable.",
                          tag, repository.name));
}

void put_image(state::State& state, model::Image image, const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) {
    if (const model::Image* before = find_image(state, image.repository, tag)) remove_tag(state, *before, tag);
  }
  if (const model::Image* before = state.images.find(image.key())) {
    image.tags = before->tags;
    image.pushed_at = before->pushed_at;
  }
  image.tags.insert(image.tags.end(), tags.begin(), tags.end());
  state.images.put(std::move(image));
}

void remove_tag(state::State& state, const model::Image& image, const std::string& tag) {
  state.images.update(image.key(), [&](model::Image& one) { std::erase(one.tags, tag); });
}

Result<void> remove_image(state::State& state, const model::Image& image) {
  if (const model::Image* user = user_of(state, image.repository, image.digest)) {
    return fail("ImageReferencedByManifestList",
                fmt::format("Requested image referenced by manifest list: [{}]", user->digest));
  }
  state.images.erase(image.key());
  return {};
}

const model::Image* user_of(const state::State& state, const std::string& repository, const std::string& digest) {
  for (const std::string& key : state.images_by_content.keys(digest)) {
    if (!of_repository(key, repository) || key.substr(repository.size() + 1) == digest) continue;
    return state.images.find(key);
  }
  return nullptr;
}

void remove_repository(state::State& state, const std::string& name) {
  std::vector<std::string> images, blobs;
  for (const auto& [key, image] : state.images.range(name + "@")) images.push_back(key);
  for (const auto& [key, blob] : state.repository_blobs.range(name + "@")) blobs.push_back(key);
  for (const std::string& key : images) state.images.erase(key);
  for (const std::string& key : blobs) state.repository_blobs.erase(key);
  state.repositories.erase(name);
}

}  // namespace services::ecr

// Images as clients of ECR see them. They are pushed to the registry; here they are listed, read and deleted.
#include <fmt/format.h>

#include <algorithm>

#include "services/ecr/handlers.h"
#include "services/ecr/images.h"
#include "services/ecr/lookup.h"
#include "services/page.h"

namespace services::ecr {
namespace {

constexpr int kMostImages = 100;

api::ecr::ImageIdentifier identifier(const std::string& digest, const std::optional<std::string>& tag) {
  return {.image_digest = digest, .image_tag = tag};
}

api::ecr::ImageDetail show_image(const Context& context, const model::Image& image) {
  api::ecr::ImageDetail shown;
  shown.registry_id = context.account.id;
  shown.repository_name = image.repository;
  shown.image_digest = image.digest;
  if (!image.tags.empty()) shown.image_tags = image.tags;
  shown.image_size_in_bytes = image.size;
  shown.image_pushed_at = api::Timestamp{to_ms(image.pushed_at)};
  shown.image_manifest_media_type = image.media_type;
  if (!image.artifact_type.empty()) shown.artifact_media_type = image.artifact_type;
  if (!image.subject.empty()) shown.subject_manifest_digest = image.subject;
  shown.image_status = "ACTIVE";
  return shown;
}

bool tag_status_matches(const auto& filter, bool tagged) {
  const std::string wanted = filter ? filter->tag_status.value_or("ANY") : std::string("ANY");
  return wanted == "ANY" || (wanted == "TAGGED") == tagged;
}

/// Both may be given: then the tag must be that image's.
const model::Image* find_identified(const Context& context, const std::string& repository,
                                    const api::ecr::ImageIdentifier& id) {
  const std::string digest = id.image_digest.value_or("");
  const model::Image* image = find_image(context.state, repository, digest.empty() ? id.image_tag.value_or("") : digest);
  if (!image || digest.empty() || !id.image_tag) return image;
  return std::ranges::count(image->tags, *id.image_tag) > 0 ? image : nullptr;
}

std::string text_of(const api::ecr::ImageIdentifier& id) {
  return fmt::format("{{imageDigest:'{}', imageTag:'{}'}}", id.image_digest.value_or("null"), id.image_tag.value_or("null"));
}

tl::unexpected<Error> no_image(const Context& context, const std::string& repository, const api::ecr::ImageIdentifier& id) {
  return fail("ImageNotFoundException",
              fmt::format("The image with imageId {} does not exist within the repository with name '{}' in the registry with id '{}'",
                          text_of(id), repository, context.account.id));
}

api::ecr::ImageFailure failure(const api::ecr::ImageIdentifier& id, std::string code, std::string reason) {
  return {.image_id = id, .failure_code = std::move(code), .failure_reason = std::move(reason)};
}

/// What BatchGetImage and BatchDeleteImage say of an id without an image; nothing if it has one.
std::optional<api::ecr::ImageFailure> identify(const Context& context, const std::string& repository,
                                               const api::ecr::ImageIdentifier& id, const model::Image*& image) {
  if (!id.image_digest && !id.image_tag) {
    return failure(id, "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null");
  }
  image = find_identified(context, repository, id);
  if (image) return std::nullopt;
  if (id.image_digest && id.image_tag && find_image(context.state, repository, *id.image_digest)) {
    return failure(id, "ImageTagDoesNotMatchDigest", "Requested image tag does not match the digest");
  }
  return failure(id, "ImageNotFound", "Requested image not found");
}

}  // namespace

Answer<op::DescribeImages> describe_images(Context& context, const op::DescribeImages::Input& in) {
  const std::string& name = *in.repository_name;
  TRY_VOID(find_repository(context, in.registry_id, name));
  op::DescribeImages::Output out;
  auto& shown = out.image_details.emplace();
  if (in.image_ids && !in.image_ids->empty()) {
    for (const api::ecr::ImageIdentifier& id : *in.image_ids) {
      const model::Image* image = find_identified(context, name, id);
      if (!image) return no_image(context, name, id);
      shown.push_back(show_image(context, *image));
    }
    return out;
  }
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostImages)), kInvalidToken));
  for (const model::Image* image : images_of(context.state, name)) {
    if (!tag_status_matches(in.filter, !image->tags.empty())) continue;
    if (page.take(image->digest)) shown.push_back(show_image(context, *image));
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

/// One entry for each tag, and one for each image without any.
Answer<op::ListImages> list_images(Context& context, const op::ListImages::Input& in) {
  const std::string& name = *in.repository_name;
  TRY_VOID(find_repository(context, in.registry_id, name));
  op::ListImages::Output out;
  auto& shown = out.image_ids.emplace();
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostImages)), kInvalidToken));
  for (const model::Image* image : images_of(context.state, name)) {
    if (!tag_status_matches(in.filter, !image->tags.empty())) continue;
    std::vector<std::optional<std::string>> tags(image->tags.begin(), image->tags.end());
    std::ranges::sort(tags);
    if (tags.empty()) tags.emplace_back();
    for (const auto& tag : tags) {
      if (page.take(image->digest + ":" + tag.value_or(""))) shown.push_back(identifier(image->digest, tag));
    }
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

Answer<op::BatchGetImage> batch_get_image(Context& context, const op::BatchGetImage::Input& in) {
  const std::string& name = *in.repository_name;
  TRY_VOID(find_repository(context, in.registry_id, name));
  op::BatchGetImage::Output out;
  auto& shown = out.images.emplace();
  auto& failures = out.failures.emplace();
  for (const api::ecr::ImageIdentifier& id : *in.image_ids) {
    const model::Image* image = nullptr;
    if (auto failed = identify(context, name, id, image)) {
      failures.push_back(*std::move(failed));
      continue;
    }
    if (!context.read_manifest) return fail("ServerException", "This engine has no registry.");
    const Result<std::string> text = context.read_manifest(image->digest);
    if (!text) {
      failures.push_back(failure(id, "ImageInaccessible", text.error().message));
      continue;
    }
    api::ecr::Image& one = shown.emplace_back();
    one.registry_id = context.account.id;
    one.repository_name = name;
    one.image_id = identifier(image->digest, id.image_tag);
    one.image_manifest = *text;
    one.image_manifest_media_type = image->media_type;
  }
  return out;
}

/// A tag alone: it goes, and with the last one its image. A digest: the image with all its tags.
Answer<op::BatchDeleteImage> batch_delete_image(Context& context, const op::BatchDeleteImage::Input& in) {
  const std::string& name = *in.repository_name;
  TRY_VOID(find_repository(context, in.registry_id, name));
  op::BatchDeleteImage::Output out;
  auto& gone = out.image_ids.emplace();
  auto& failures = out.failures.emplace();
  for (const api::ecr::ImageIdentifier& id : *in.image_ids) {
    const model::Image* found = nullptr;
    if (auto failed = identify(context, name, id, found)) {
      failures.push_back(*std::move(failed));
      continue;
    }
    const model::Image image = *found;
    if (!id.image_digest && image.tags.size() > 1) {
      remove_tag(context.state, image, *id.image_tag);
      gone.push_back(identifier(image.digest, id.image_tag));
      continue;
    }
    if (const Result<void> removed = remove_image(context.state, image); !removed) {
      failures.push_back(failure(id, removed.error().code, removed.error().message));
      continue;
    }
    for (const std::string& tag : image.tags) gone.push_back(identifier(image.digest, tag));
    if (image.tags.empty()) gone.push_back(identifier(image.digest, std::nullopt));
  }
  return out;
}

}  // namespace services::ecr

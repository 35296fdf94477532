// What repositories have: the rules that pushes, deletions and lifecycle policies share. Called by this service's
// handlers and by the registry's HTTP side (through cmd), so that both obey the same ones.
//
// What always holds: a tag names one image of its repository; the images of an index stay as long as it does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/state.h"

namespace services::ecr {

/// By tag or by digest; nothing if the repository has no such image.
const model::Image* find_image(const state::State& state, const std::string& repository, std::string_view reference);
/// In the order of their digests. Valid until an image is put or erased.
std::vector<const model::Image*> images_of(const state::State& state, const std::string& repository);

/// ImageTagAlreadyExistsException where the tag is another image's and the repository's tags are immutable.
Result<void> check_tag(const state::State& state, const model::Repository& repository, const std::string& tag,
                       const std::string& digest);
/// Puts the image (which keeps its first pushed_at and its tags) and moves the tags to it. Check them first.
void put_image(state::State& state, model::Image image, const std::vector<std::string>& tags);
void remove_tag(state::State& state, const model::Image& image, const std::string& tag);
/// ImageReferencedByManifestList while an index of the repository names it.
Result<void> remove_image(state::State& state, const model::Image& image);
/// Some image of the repository that names this digest.
const model::Image* user_of(const state::State& state, const std::string& repository, const std::string& digest);
/// With everything in it.
void remove_repository(state::State& state, const std::string& name);

}  // namespace services::ecr

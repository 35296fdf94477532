// The registry's questions, answered from the engine's state by ECR's rules. Made by the engine's wiring; used on the
// thread that owns the state.
#pragma once

#include <functional>

#include "registry/catalog.h"
#include "state/state.h"

namespace cmd {

class RegistryCatalog final : public registry::Catalog {
 public:
  /// `changed`: something was committed that the engine's tick should look at.
  RegistryCatalog(state::State& state, const Clock& clock, std::function<void()> changed)
      : state_(state), clock_(clock), changed_(std::move(changed)) {}

  bool has_repository(const std::string& name) const override;
  std::vector<std::string> repositories(std::string_view after, std::size_t most) const override;
  std::vector<std::string> tags(const std::string& repository) const override;
  const model::Image* find_image(const std::string& repository, std::string_view reference) const override;
  std::vector<model::Image> referrers(const std::string& repository, const std::string& digest) const override;
  std::optional<std::int64_t> find_blob(const std::string& repository, const std::string& digest) const override;
  std::string user_of(const std::string& repository, const std::string& digest) const override;
  bool is_content(const std::string& digest) const override;
  bool is_in_use(const std::string& digest) const override;

  Result<void> check_tags(const std::string& repository, const std::vector<std::string>& tags,
                          const std::string& digest) const override;
  Result<void> put_image(model::Image image, const std::vector<std::string>& tags) override;
  Result<void> remove_tag(const std::string& repository, const std::string& tag) override;
  Result<void> remove_image(const std::string& repository, const std::string& digest) override;
  Result<void> add_blob(const std::string& repository, const std::string& digest, std::int64_t size) override;
  void touch_blob(const std::string& repository, const std::string& digest) override;
  Result<void> remove_blob(const std::string& repository, const std::string& digest) override;
  void lose_blob(const std::string& digest) override;
  void expire_blobs(Instant before) override;
  void save(net::Callback<void(Result<void>)> then) override;

 private:
  Result<void> check_space() const;
  state::State& state_;
  const Clock& clock_;
  std::function<void()> changed_;
};

/// The digest that an image's name, as task definitions write it, stands for now; "" if the registry has none of that name.
std::string resolve_image(const state::State& state, const std::string& image);

}  // namespace cmd

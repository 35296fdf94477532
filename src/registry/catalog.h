// What the distribution API asks of whoever knows which repositories exist and what they have (the engine's state, with
// ECR's rules). Implemented in cmd; called on the thread that owns the state only.
//
// Changes are one transaction from the first of them to save(), or undone by the next failing one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/image.h"
#include "net/callback.h"

namespace registry {

class Catalog {
 public:
  virtual ~Catalog() = default;

  virtual bool has_repository(const std::string& name) const = 0;
  /// Sorted, at most `most`, behind `after`.
  virtual std::vector<std::string> repositories(std::string_view after, std::size_t most) const = 0;
  /// Sorted byte by byte.
  virtual std::vector<std::string> tags(const std::string& repository) const = 0;
  /// By tag or digest. Valid until the next change.
  virtual const model::Image* find_image(const std::string& repository, std::string_view reference) const = 0;
  /// Images about `digest`, by their own digests.
  virtual std::vector<model::Image> referrers(const std::string& repository, const std::string& digest) const = 0;
  /// Its size, if the repository has the blob. An empty repository: if any has it.
  virtual std::optional<std::int64_t> find_blob(const std::string& repository, const std::string& digest) const = 0;
  /// The image of the repository that names this blob or manifest, if one does.
  virtual std::string user_of(const std::string& repository, const std::string& digest) const = 0;
  /// Whether anything of any repository is or names this digest.
  virtual bool is_content(const std::string& digest) const = 0;
  /// Whether a task runs from this manifest's unpacked root, or may soon.
  virtual bool is_in_use(const std::string& digest) const = 0;

  /// Errors are OCI codes, as the client shall see them (TAG_INVALID: the repository's tags are immutable).
  virtual Result<void> check_tags(const std::string& repository, const std::vector<std::string>& tags,
                                  const std::string& digest) const = 0;
  virtual Result<void> put_image(model::Image image, const std::vector<std::string>& tags) = 0;
  virtual Result<void> remove_tag(const std::string& repository, const std::string& tag) = 0;
  virtual Result<void> remove_image(const std::string& repository, const std::string& digest) = 0;
  virtual Result<void> add_blob(const std::string& repository, const std::string& digest, std::int64_t size) = 0;
  /// It was asked for: an upload may be spared because it is there, so it stays for a while.
  virtual void touch_blob(const std::string& repository, const std::string& digest) = 0;
  virtual Result<void> remove_blob(const std::string& repository, const std::string& digest) = 0;
  /// Its file is damaged: no repository has it any more, so that it can be pushed again.
  virtual void lose_blob(const std::string& digest) = 0;
  /// Blobs that no image of their repository names and nobody has wanted since then.
  virtual void expire_blobs(Instant before) = 0;

  /// Calls `then` once all that was changed until now is durable, or with why it was refused (a full disk).
  virtual void save(net::Callback<void(Result<void>)> then) = 0;
};

}  // namespace registry

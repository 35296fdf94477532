// Streams an image into the daemon (POST /images/load) as `docker save` would have written it. On a thread of its own: an
// image may be large and a daemon slow. Owned by the docker driver.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "drivers/docker/image_files.h"

namespace drivers::docker {

class ImageUpload {
 public:
  /// `done` is called once, on the upload's thread.
  ImageUpload(std::string socket, ImageFiles image, std::function<void(Result<void>)> done);
  /// Cuts the connection if it is still under way.
  ~ImageUpload();
  ImageUpload(const ImageUpload&) = delete;
  ImageUpload& operator=(const ImageUpload&) = delete;

 private:
  int fd_ = -1;
  std::thread thread_;
};

}  // namespace drivers::docker

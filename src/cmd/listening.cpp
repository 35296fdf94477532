#include "cmd/listening.h"

#include <thread>

#include "base/time.h"

namespace cmd {

namespace {
constexpr int kListenTries = 50;
constexpr milliseconds kListenPause{10};
}  // namespace

Result<std::unique_ptr<net::HttpServer>> listen_patiently(
    net::EventLoop& loop, const net::HttpServer::Options& options,
    const std::function<void(net::Request&&, net::Responder)>& handler) {
  const auto start = [&] {
    return net::HttpServer::start(loop, options, [handler](net::Request&& request, net::Responder respond) {
      handler(std::move(request), std::move(respond));
    });
  };
  auto started = start();
  // A killed predecessor may be ending still, and a program it was just starting has its port until it executes.
  for (int tries = 0; !started && tries < kListenTries; ++tries) {
    std::this_thread::sleep_for(kListenPause);
    started = start();
  }
  return started;
}

}  // namespace cmd

#include "cmd/listening.h"

#include <arpa/inet.h>

#include <charconv>
#include <thread>

#include "base/time.h"

namespace cmd {

namespace {
constexpr int kListenTries = 50;
constexpr milliseconds kListenPause{10};

bool is_ip_address(std::string host) {
  if (host == "localhost") return true;
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  in6_addr address;  // large enough for both
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}
}  // namespace

bool is_listen_address(const std::string& text) {
  if (text.starts_with("unix:")) return text.size() > 5;
  const std::size_t colon = text.rfind(':');
  return colon != std::string::npos && is_ip_address(text.substr(0, colon)) && is_port(std::string_view(text).substr(colon + 1));
}

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

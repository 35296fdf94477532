#include "cmd/demo_site.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "cmd/connect.h"
#include "net/http_client.h"

namespace cmd {

namespace {

/// A TCP port of 127.0.0.1 that nobody has. (Between this and its use another process could take it; the engine's start
/// would say so.)
int free_port() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  int port = 0;
  if (bind(socket_fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
      getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    port = ntohs(address.sin_port);
  }
  close(socket_fd);
  return port;
}

}  // namespace

Result<void> DemoSite::open() {
  std::string pattern = (std::filesystem::temp_directory_path() / "scaleout-demo-XXXXXX").string();
  if (!mkdtemp(pattern.data())) return fail("NoDirectory", "cannot make a directory below " + pattern);
  directory_ = pattern;
  connection_.endpoint_url = fmt::format("http://127.0.0.1:{}", free_port());
  TRY(client::Settings settings, load_settings(connection_));
  settings_.emplace(std::move(settings));
  aws_.emplace(*settings_);
  return {};
}

Result<void> DemoSite::start_engine() {
  EngineOptions engine;
  engine.state = directory_ + "/state";
  engine.runtime = options_.runtime;
  engine.time_scale = options_.time_scale;
  TRY(engine_, cmd::start_engine(*settings_, engine));
  say(fmt::format("engine at {}, pid {}, time scale {}", connection_.endpoint_url, engine_.pid, options_.time_scale));
  return {};
}

Result<void> DemoSite::bring_up() {
  PushOptions push;
  push.binary = http_api_binary();
  push.repository = stack.repository;
  push.tag = stack.version;
  TRY(const std::string digest, push_binary(*aws_, push));
  stack.image = push.repository + ":" + push.tag;
  TRY_VOID(interruption_.check());
  TRY_VOID(stack::up(*aws_, stack, progress));
  TRY_VOID(await_ready("healthy tasks"));
  TRY(url_, service_url(*aws_, stack));
  return show_answer();
}

Result<void> DemoSite::await_ready(const std::string& what) {
  TRY_VOID(stack::wait_until(
      [&]() -> Result<bool> {
        TRY_VOID(interruption_.check());
        TRY(const stack::Readiness now, stack::readiness(*aws_, stack));
        return now.ready();
      },
      kDemoPatience, what));
  say(what);
  return {};
}

Result<void> DemoSite::show_answer() {
  TRY(const net::Endpoint endpoint, net::Endpoint::parse(url_));
  TRY(const net::Response answer, net::fetch(endpoint, {.target = "/api"}));
  std::cout << fmt::format("\n$ curl {}/api\n{}\n\n", url_, answer.body);
  if (answer.status != 200) return fail("BadAnswer", fmt::format("/api answered {}", answer.status));
  return {};
}

Result<void> DemoSite::close(const Result<void>& told) {
  if (directory_.empty() || !settings_) return told;
  const bool interrupted = !told && told.error().code == kStoryInterrupted;
  say(interrupted ? "interrupted: taking it down (once more leaves it running)" : "taking it down");
  if (engine_answers(*settings_)) {
    if (const auto gone = stack::down(*aws_, stack, kDemoPatience, progress); !gone) {
      say("warning: " + gone.error().message);
    }
  }
  const auto ended = engine_answers(*settings_) ? end_engine(*settings_) : sweep_state(directory_ + "/state");
  if (!ended || (!told && !interrupted)) {
    std::cout << "What it left: " << directory_ << "\n";
    return told ? ended : told;
  }
  std::filesystem::remove_all(directory_);
  return told;
}

double DemoSite::elapsed() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void DemoSite::say(const std::string& text) const {
  std::cout << fmt::format("[{:5.1f} s] {}", elapsed(), text) << std::endl;
}

}  // namespace cmd
